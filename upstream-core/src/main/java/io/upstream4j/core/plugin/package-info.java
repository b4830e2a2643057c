/** Finds plug-ins by kind and type on the module path, on the class path and in plug-in folders. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.plugin;

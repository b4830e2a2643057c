package io.upstream4j.distribution;

import java.lang.module.ModuleDescriptor;
import picocli.CommandLine.IVersionProvider;

/** The output of {@code --version}. */
final class Version implements IVersionProvider {
  Version() {}

  @Override
  public String[] getVersion() {
    ModuleDescriptor module = Version.class.getModule().getDescriptor();
    String version =
        module == null
            ? "(not running as a module)"
            : module.rawVersion().orElse("(of a module without a version)");
    return new String[] {"upstream " + version, "Java " + Runtime.version()};
  }
}

package io.upstream4j.core;

import io.upstream4j.api.spi.RequestView;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A request of which nothing is known: {@code GET /} without a header. */
enum EmptyRequest implements RequestView {
  INSTANCE;

  @Override
  public String method() {
    return "GET";
  }

  @Override
  public @Nullable String host() {
    return null;
  }

  @Override
  public String path() {
    return "/";
  }

  @Override
  public String query() {
    return "";
  }

  @Override
  public @Nullable String header(String name) {
    return null;
  }

  @Override
  public @Nullable String cookie(String name) {
    return null;
  }

  @Override
  public @Nullable InetSocketAddress client() {
    return null;
  }
}

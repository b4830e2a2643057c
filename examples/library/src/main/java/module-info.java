module example {
  requires io.upstream4j.core;
  requires java.net.http;
}

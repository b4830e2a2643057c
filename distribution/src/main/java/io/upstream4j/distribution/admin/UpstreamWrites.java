package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.AppliedConfig;
import io.upstream4j.core.UpstreamInUseException;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.event.ConfigChange;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.NoSuchElementException;

/** Reads, replaces and removes an upstream by its name. {@link #put} and {@link #delete} block. */
final class UpstreamWrites {
  /** The source name of a request's body in messages. */
  private static final String SOURCE = "body";

  private final Upstreams upstreams;

  UpstreamWrites(Upstreams upstreams) {
    this.upstreams = upstreams;
  }

  Answer get(String name) {
    try {
      return Answer.json(StatusJson.of(upstreams.get(name)));
    } catch (NoSuchElementException e) {
      return missing(e);
    }
  }

  Answer refresh(String name) {
    try {
      upstreams.get(name).refresh();
    } catch (NoSuchElementException e) {
      return missing(e);
    }
    return Answer.json(
        HttpResponseStatus.ACCEPTED,
        json -> json.writeStringField("message", "the discovery is asked again"));
  }

  static Answer missing(NoSuchElementException e) {
    return Answer.error(HttpResponseStatus.NOT_FOUND, String.valueOf(e.getMessage()));
  }

  Answer put(String name, FullHttpRequest request) {
    BodyType type = BodyType.of(request);
    if (type != BodyType.YAML && type != BodyType.JSON) {
      return Answer.error(
          HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
          BodyType.describe(request)
              + " (expected: application/yaml or application/json, in UTF-8)");
    }
    String text;
    try {
      ByteBuffer bytes = ByteBuffer.wrap(ByteBufUtil.getBytes(request.content()));
      text = UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      return Answer.error(
          HttpResponseStatus.BAD_REQUEST, "the body is not UTF-8 (expected: UTF-8)");
    }
    if (takesAllAlone() && upstreams.find(name).isEmpty()) {
      return Answer.error(
          HttpResponseStatus.CONFLICT,
          "without routes the only upstream takes every request, and of two none would (expected:"
              + " routes in the configuration file first)");
    }
    try {
      // JSON is YAML, except for tabs between values.
      String yaml = text;
      return changed(name, upstreams.put(name, SOURCE, yaml));
    } catch (ConfigException e) {
      return Answer.problems(e);
    }
  }

  Answer delete(String name) {
    try {
      upstreams.get(name);
      if (upstreams.all().size() == 1) {
        return Answer.error(
            HttpResponseStatus.CONFLICT,
            "upstream \"" + name + "\" is the last one (expected: at least one)");
      }
      return changed(name, upstreams.remove(name));
    } catch (NoSuchElementException e) {
      return missing(e);
    } catch (UpstreamInUseException e) {
      return Answer.error(HttpResponseStatus.CONFLICT, String.valueOf(e.getMessage()));
    }
  }

  private boolean takesAllAlone() {
    AppliedConfig current = upstreams.current();
    return current.routes().isEmpty() && current.upstreams().size() == 1;
  }

  private Answer changed(String name, ConfigChange change) {
    boolean added = change.added().contains(name);
    String what =
        added
            ? "added"
            : change.updated().contains(name)
                ? "updated"
                : change.removed().contains(name) ? "removed" : "unchanged";
    return Answer.json(
        added ? HttpResponseStatus.CREATED : HttpResponseStatus.OK,
        json -> {
          json.writeStringField("upstream", name);
          json.writeStringField("change", what);
        });
  }
}

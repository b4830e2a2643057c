package io.upstream4j.distribution.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.UnknownBackendException;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.stats.BackendStats;
import java.io.IOException;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Applies the operator's state and weight to a backend. Does not block; thread-safe. */
final class BackendWrites {
  static final List<String> ACTIONS = List.of("drain", "enable", "disable", "weight");

  private static final Pattern WITH_PORT = Pattern.compile("unix:/.*|.+:[0-9]{1,5}");
  private static final JsonFactory JSON = new JsonFactory();
  private static final String WEIGHT =
      "{\"weight\": 3} with 0 to " + Backend.MAX_WEIGHT + ", or {\"weight\": null} for its own";

  private final Upstreams upstreams;

  BackendWrites(Upstreams upstreams) {
    this.upstreams = upstreams;
  }

  /** Thrown when a body is not valid. */
  private static final class WrongBody extends Exception {
    private static final long serialVersionUID = 1L;

    WrongBody(String what) {
      super(what + " (expected: " + WEIGHT + ")", null, false, false);
    }
  }

  CompletionStage<Answer> change(
      String name, String address, String action, FullHttpRequest request) {
    Upstream upstream;
    try {
      upstream = upstreams.get(name);
    } catch (NoSuchElementException e) {
      return now(UpstreamWrites.missing(e));
    }
    if (!WITH_PORT.matcher(address).matches()) {
      return badRequest(
          "\"" + address + "\" (expected: host:port as GET /upstreams has it, percent-encoded)");
    }
    Endpoint endpoint;
    try {
      endpoint = endpoint(address);
    } catch (IllegalArgumentException e) {
      return badRequest(String.valueOf(e.getMessage()));
    }
    CompletableFuture<Void> change;
    switch (action) {
      case "drain" -> change = upstream.drain(endpoint);
      case "enable" -> change = upstream.enable(endpoint);
      case "disable" -> change = upstream.disable(endpoint);
      default -> {
        if (BodyType.of(request) != BodyType.JSON) {
          return now(
              Answer.error(
                  HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                  BodyType.describe(request) + " (expected: application/json, " + WEIGHT + ")"));
        }
        OptionalInt weight;
        try {
          weight = weight(ByteBufUtil.getBytes(request.content()));
        } catch (WrongBody e) {
          return badRequest("the body: " + e.getMessage());
        }
        change =
            weight.isPresent()
                ? upstream.weight(endpoint, weight.getAsInt())
                : upstream.resetWeight(endpoint);
      }
    }
    return change.handle((done, failure) -> answer(upstream, endpoint, failure));
  }

  private static Endpoint endpoint(String address) {
    return address.startsWith("unix:/")
        ? Endpoint.unix(address.substring("unix:".length()))
        : Endpoint.parse(address, 1);
  }

  private static Answer answer(Upstream upstream, Endpoint endpoint, @Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof UnknownBackendException unknown) {
      return UpstreamWrites.missing(unknown);
    }
    if (cause != null) {
      throw new CompletionException(cause);
    }
    for (BackendStats backend : upstream.stats().backends()) {
      if (backend.backend().endpoint().equals(endpoint)) {
        return Answer.json(HttpResponseStatus.OK, StatusJson.write(backend));
      }
    }
    return Answer.error(HttpResponseStatus.NOT_FOUND, "backend " + endpoint + " is gone meanwhile");
  }

  private static OptionalInt weight(byte[] body) throws WrongBody {
    try (JsonParser json = JSON.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT
          || json.nextToken() != JsonToken.FIELD_NAME
          || !json.currentName().equals("weight")) {
        throw new WrongBody("not an object with a weight");
      }
      JsonToken value = json.nextToken();
      OptionalInt weight;
      if (value == JsonToken.VALUE_NULL) {
        weight = OptionalInt.empty();
      } else if (value == JsonToken.VALUE_NUMBER_INT
          && json.getNumberType() == JsonParser.NumberType.INT
          && json.getIntValue() >= 0
          && json.getIntValue() <= Backend.MAX_WEIGHT) {
        weight = OptionalInt.of(json.getIntValue());
      } else {
        throw new WrongBody("weight: " + json.getText());
      }
      if (json.nextToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
        throw new WrongBody("more than a weight");
      }
      return weight;
    } catch (JsonParseException e) {
      throw new WrongBody("not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new WrongBody("not JSON: " + e);
    }
  }

  private static CompletionStage<Answer> badRequest(String reason) {
    return now(Answer.error(HttpResponseStatus.BAD_REQUEST, reason));
  }

  private static CompletionStage<Answer> now(Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }
}

package io.upstream4j.health.http;

import io.upstream4j.api.spi.HealthCheck.Healthy;
import io.upstream4j.api.spi.HealthCheck.Result;
import io.upstream4j.api.spi.HealthCheck.Unhealthy;
import io.upstream4j.api.spi.ProbeResponse;
import java.net.URLDecoder;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Encodes and decodes the messages of {@code grpc.health.v1} in protobuf, with gRPC's prefix: a
 * byte for the compression flag and four for the length.
 */
final class GrpcHealth {
  private static final int PREFIX_BYTES = 5;
  private static final int SERVING = 1;
  private static final List<String> STATES =
      List.of("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN");

  /** gRPC's status codes, by number. */
  private static final List<String> CODES =
      List.of(
          "OK",
          "CANCELLED",
          "UNKNOWN",
          "INVALID_ARGUMENT",
          "DEADLINE_EXCEEDED",
          "NOT_FOUND",
          "ALREADY_EXISTS",
          "PERMISSION_DENIED",
          "RESOURCE_EXHAUSTED",
          "FAILED_PRECONDITION",
          "ABORTED",
          "OUT_OF_RANGE",
          "UNIMPLEMENTED",
          "INTERNAL",
          "UNAVAILABLE",
          "DATA_LOSS",
          "UNAUTHENTICATED");

  private GrpcHealth() {}

  /** Encodes a {@code HealthCheckRequest} with its field 1, the service. */
  static ByteBuffer request(String service) {
    byte[] name = service.getBytes(StandardCharsets.UTF_8);
    ByteBuffer field = ByteBuffer.allocate(6 + name.length);
    if (name.length > 0) {
      field.put((byte) (1 << 3 | 2));
      for (int rest = name.length; ; rest >>>= 7) {
        if (rest < 0x80) {
          field.put((byte) rest);
          break;
        }
        field.put((byte) (rest | 0x80));
      }
      field.put(name);
    }
    field.flip();
    return ByteBuffer.allocate(PREFIX_BYTES + field.limit())
        .put((byte) 0)
        .putInt(field.limit())
        .put(field)
        .flip();
  }

  static Result judge(ProbeResponse response) {
    if (response.status() != 200) {
      return new Unhealthy("status " + response.status() + " (expected: 200, as gRPC has)");
    }
    // A call that failed at once has its status in the headers instead of the trailers.
    String code = field(response.trailers(), "grpc-status");
    Map<String, List<String>> end = code == null ? response.headers() : response.trailers();
    code = field(end, "grpc-status");
    if (code == null) {
      return new Unhealthy("a response without grpc-status (expected: that of a gRPC server)");
    }
    if (!code.equals("0")) {
      String message = field(end, "grpc-message");
      return new Unhealthy(name(code) + (message == null ? "" : ": " + decoded(message)));
    }
    try {
      return judge(response.content());
    } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
      return new Unhealthy("an answer that is no grpc.health.v1.HealthCheckResponse");
    }
  }

  private static Result judge(ByteBuffer answer) {
    if (answer.get() != 0) {
      return new Unhealthy("a compressed answer (expected: as none was asked for)");
    }
    ByteBuffer message = answer.slice(answer.position() + 4, answer.getInt());
    long state = 0; // the default of a missing field
    while (message.hasRemaining()) {
      long tag = varint(message);
      if (tag == 1 << 3) {
        state = varint(message);
      } else {
        skip(message, (int) tag & 7);
      }
    }
    if (state == SERVING) {
      return new Healthy();
    }
    boolean known = state >= 0 && state < STATES.size();
    return new Unhealthy(
        (known ? STATES.get((int) state) : "state " + state) + " (expected: SERVING)");
  }

  private static long varint(ByteBuffer from) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte part = from.get();
      value |= (long) (part & 0x7f) << shift;
      if (part >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException();
  }

  private static void skip(ByteBuffer message, int wireType) {
    long bytes =
        switch (wireType) {
          case 0 -> {
            varint(message);
            yield 0;
          }
          case 1 -> 8;
          case 2 -> varint(message);
          case 5 -> 4;
          default -> throw new IllegalArgumentException();
        };
    if (bytes < 0 || bytes > message.remaining()) {
      throw new BufferUnderflowException();
    }
    message.position(message.position() + (int) bytes);
  }

  private static @Nullable String field(Map<String, List<String>> fields, String name) {
    List<String> values = fields.get(name);
    return values == null ? null : values.get(0);
  }

  private static String name(String code) {
    for (int number = 0; number < CODES.size(); number++) {
      if (code.equals(Integer.toString(number))) {
        return CODES.get(number);
      }
    }
    return "grpc-status " + code;
  }

  /** Decodes percent-encoding, in which a plus sign stands for itself. */
  private static String decoded(String message) {
    try {
      return URLDecoder.decode(message.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return message;
    }
  }
}

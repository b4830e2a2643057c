package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests clients and servers of grpc-java on both sides of the gateway. */
@Timeout(120)
class GrpcTest {
  private static final Metadata.Key<String> ASKED =
      Metadata.Key.of("asked", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> TRAILER =
      Metadata.Key.of("a-trailer", Metadata.ASCII_STRING_MARSHALLER);

  private static final Marshaller<byte[]> BYTES =
      new Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.newBuilder(BYTES, BYTES)
        .setFullMethodName("test.Echo/" + name)
        .setType(type)
        .build();
  }

  private static final MethodDescriptor<byte[], byte[]> SAY = method("Say", MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> TALK =
      method("Talk", MethodType.BIDI_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> HANG = method("Hang", MethodType.UNARY);

  private final CountDownLatch hanging = new CountDownLatch(1);
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private Server server;
  private TestGateway gateway;
  private ManagedChannel client;

  @BeforeEach
  void start() throws Exception {
    ServerServiceDefinition echo =
        ServerServiceDefinition.builder("test.Echo")
            .addMethod(SAY, ServerCalls.asyncUnaryCall(GrpcTest::say))
            .addMethod(TALK, ServerCalls.asyncBidiStreamingCall(GrpcTest::talk))
            .addMethod(HANG, ServerCalls.asyncUnaryCall(this::hang))
            .build();
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(echo)
            .intercept(new Trailers())
            .build()
            .start();
    gateway =
        TestGateway.of(
            "upstreams:\n  api:\n    health_check: none\n    alpn: H2\n    addrs: [\"127.0.0.1:"
                + server.getPort()
                + "\"]\n");
    client =
        NettyChannelBuilder.forAddress("127.0.0.1", gateway.address.getPort())
            .usePlaintext()
            .build();
  }

  @AfterEach
  void stop() {
    client.shutdownNow();
    gateway.close();
    server.shutdownNow();
  }

  private static void say(byte[] what, StreamObserver<byte[]> answer) {
    if (what.length == 0) {
      answer.onError(
          Status.INVALID_ARGUMENT.withDescription("nothing, in 日本語 too").asRuntimeException());
    } else {
      answer.onNext(what);
      answer.onCompleted();
    }
  }

  private static StreamObserver<byte[]> talk(StreamObserver<byte[]> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] value) {
        answer.onNext(value);
      }

      @Override
      public void onError(Throwable cause) {
        answer.onError(cause);
      }

      @Override
      public void onCompleted() {
        answer.onCompleted();
      }
    };
  }

  private void hang(byte[] what, StreamObserver<byte[]> answer) {
    ((ServerCallStreamObserver<byte[]>) answer).setOnCancelHandler(cancelled::countDown);
    hanging.countDown();
  }

  /** Copies a header of the call to its trailers. */
  private static final class Trailers implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String asked = headers.get(ASKED);
      return next.startCall(
          new SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
              if (asked != null) {
                trailers.put(TRAILER, asked);
              }
              super.close(status, trailers);
            }
          },
          headers);
    }
  }

  @Test
  void aCallAndItsTrailersGoThrough() {
    Metadata sent = new Metadata();
    sent.put(ASKED, "something");
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    byte[] answer =
        ClientCalls.blockingUnaryCall(
            ClientInterceptors.intercept(
                client,
                MetadataUtils.newAttachHeadersInterceptor(sent),
                MetadataUtils.newCaptureMetadataInterceptor(headers, trailers)),
            SAY,
            CallOptions.DEFAULT,
            new byte[] {1, 2, 3});
    assertThat(answer).containsExactly(1, 2, 3);
    assertThat(trailers.get().get(TRAILER)).isEqualTo("something");
  }

  @Test
  void aFailureSaysWhy() {
    assertThatThrownBy(
            () -> ClientCalls.blockingUnaryCall(client, SAY, CallOptions.DEFAULT, new byte[0]))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("INVALID_ARGUMENT: nothing, in 日本語 too");
  }

  @Test
  void aMessageOfMegabytesGoesBothWays() {
    byte[] large = new byte[4_000_000];
    Arrays.fill(large, (byte) 7);
    assertThat(ClientCalls.blockingUnaryCall(client, SAY, CallOptions.DEFAULT, large))
        .isEqualTo(large);
  }

  @Test
  void aCallThatIsGivenUpEndsAtTheBackendToo() throws Exception {
    CompletableFuture<Void> end = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call = client.newCall(HANG, CallOptions.DEFAULT);
    ClientCalls.asyncUnaryCall(call, new byte[1], ear(new LinkedBlockingQueue<>(), end));
    assertThat(hanging.await(20, TimeUnit.SECONDS)).isTrue();
    call.cancel("enough", null);
    assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
    TestGateway.await("none under way", () -> gateway.inFlight() == 0);
    assertThat(end).isCompletedExceptionally();
  }

  @Test
  void messagesOfAConversationArriveWhileItGoesOn() throws Exception {
    BlockingQueue<byte[]> heard = new LinkedBlockingQueue<>();
    CompletableFuture<Void> end = new CompletableFuture<>();
    StreamObserver<byte[]> mouth =
        ClientCalls.asyncBidiStreamingCall(
            client.newCall(TALK, CallOptions.DEFAULT), ear(heard, end));
    for (byte i = 0; i < 100; i++) {
      mouth.onNext(new byte[] {i});
      assertThat(heard.poll(20, TimeUnit.SECONDS)).containsExactly(i);
    }
    mouth.onCompleted();
    end.get(20, TimeUnit.SECONDS);
  }

  private static StreamObserver<byte[]> ear(
      BlockingQueue<byte[]> heard, CompletableFuture<Void> end) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] value) {
        heard.add(value);
      }

      @Override
      public void onError(Throwable cause) {
        end.completeExceptionally(cause);
      }

      @Override
      public void onCompleted() {
        end.complete(null);
      }
    };
  }

  @Test
  void tenThousandCallsGoThrough() throws Exception {
    Semaphore atOnce = new Semaphore(90); // below the limit of one client connection
    AtomicInteger good = new AtomicInteger();
    List<Throwable> bad = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      atOnce.acquire();
      BlockingQueue<byte[]> heard = new LinkedBlockingQueue<>();
      CompletableFuture<Void> end = new CompletableFuture<>();
      int messages = i % 2 == 0 ? 1 : 3;
      byte[] word = {(byte) i, (byte) (i >> 8)};
      if (messages == 1) {
        ClientCall<byte[], byte[]> call = client.newCall(SAY, CallOptions.DEFAULT);
        ClientCalls.asyncUnaryCall(call, word, ear(heard, end));
      } else {
        StreamObserver<byte[]> mouth =
            ClientCalls.asyncBidiStreamingCall(
                client.newCall(TALK, CallOptions.DEFAULT), ear(heard, end));
        for (int m = 0; m < messages; m++) {
          mouth.onNext(word);
        }
        mouth.onCompleted();
      }
      end.whenComplete(
          (done, failure) -> {
            if (failure != null) {
              synchronized (bad) {
                bad.add(failure);
              }
            } else if (heard.size() == messages
                && heard.stream().allMatch(got -> Arrays.equals(got, word))) {
              good.incrementAndGet();
            }
            atOnce.release();
          });
    }
    atOnce.acquire(90);
    assertThat(bad).isEmpty();
    assertThat(good).hasValue(10_000);
    TestGateway.await("none under way", () -> gateway.inFlight() == 0);
  }
}

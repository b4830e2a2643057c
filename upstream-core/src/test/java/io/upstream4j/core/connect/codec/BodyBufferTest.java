package io.upstream4j.core.connect.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BodyBufferTest {
  private final BodyBuffer buffer = new BodyBuffer(ByteBufAllocator.DEFAULT, null);

  /** A part as it comes from a socket: a slice of all that was read. */
  private static ByteBuf slice(ByteBuf read, int from, int length) {
    return read.retainedSlice(from, length);
  }

  @Test
  void waitingPartsOfOneByteCostAboutTheirBytesAndHoldOnToNothingThatWasRead() {
    ByteBuf read = Unpooled.buffer(64 * 1024).writeZero(64 * 1024);
    for (int i = 0; i < 64 * 1024; i++) {
      buffer.keep(slice(read, i, 1));
    }
    assertThat(read.refCnt()).isEqualTo(1);
    assertThat(buffer.bytes()).isEqualTo(64 * 1024);
    int parts = 0;
    int capacity = 0;
    for (ByteBuf part = buffer.poll(); part != null; part = buffer.poll()) {
      parts++;
      capacity += part.capacity();
      part.release();
    }
    assertThat(parts).isLessThanOrEqualTo(8);
    assertThat(capacity).isLessThanOrEqualTo(2 * 64 * 1024);
    read.release();
  }

  @Test
  void aPartThatIsMostOfWhatWasReadIsNotCopied() {
    ByteBuf read = Unpooled.buffer(16 * 1024).writeZero(16 * 1024);
    buffer.keep(slice(read, 0, 12 * 1024));
    assertThat(read.refCnt()).isEqualTo(2);
    buffer.release();
    assertThat(read.refCnt()).isEqualTo(1);
    read.release();
  }

  @Test
  void smallPartsThatGoOnAtOnceAreOne() {
    ByteBuf read = Unpooled.copiedBuffer(new byte[] {1, 2, 3});
    for (int i = 0; i < 3; i++) {
      buffer.pass(slice(read, i, 1));
    }
    ByteBuf merged = buffer.poll();
    assertThat(ByteBufUtil.getBytes(merged)).containsExactly(1, 2, 3);
    assertThat(buffer.isEmpty()).isTrue();
    merged.release();
    assertThat(read.refCnt()).isEqualTo(1);
    read.release();
  }

  @Test
  void whatComesOutIsWhatWentIn() {
    long seed = System.nanoTime();
    System.out.println("BodyBufferTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      ByteBuf read = Unpooled.wrappedBuffer(new byte[64 * 1024]);
      random.nextBytes(read.array());
      ByteArrayOutputStream in = new ByteArrayOutputStream();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (int part = 0; part < 50; part++) {
        int length = random.nextInt(random.nextBoolean() ? 20 : 20_000);
        int from = random.nextInt(64 * 1024 - length);
        in.write(read.array(), from, length);
        if (random.nextBoolean()) {
          buffer.keep(slice(read, from, length));
        } else {
          buffer.pass(slice(read, from, length));
        }
        if (random.nextInt(4) == 0) {
          drain(out, random.nextInt(3));
        }
        assertThat(buffer.bytes()).isEqualTo(in.size() - out.size());
      }
      drain(out, Integer.MAX_VALUE);
      assertThat(out.toByteArray()).isEqualTo(in.toByteArray());
      assertThat(read.refCnt()).isEqualTo(1);
      read.release();
    }
  }

  private void drain(ByteArrayOutputStream to, int parts) {
    for (int i = 0; i < parts; i++) {
      ByteBuf part = buffer.poll();
      if (part == null) {
        return;
      }
      to.writeBytes(ByteBufUtil.getBytes(part));
      part.release();
    }
  }
}

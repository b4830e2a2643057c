package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.Network;
import io.upstream4j.api.spi.RequestView;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hashes the client's address in its canonical text form, which is also the value of nginx's {@code
 * $remote_addr}. Parsing an address from a header may allocate.
 */
final class ClientKey implements RequestKey {
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private final ForwardedFor forwarded;

  ClientKey(List<Network> trustedProxies) {
    this.forwarded = new ForwardedFor(trustedProxies);
  }

  @Override
  public long hash(RequestView request) {
    IpAddress client = client(request);
    return client == null ? ABSENT : RequestKey.finish(state(client));
  }

  @Override
  public @Nullable String text(RequestView request) {
    IpAddress client = client(request);
    return client == null ? null : client.toString();
  }

  private @Nullable IpAddress client(RequestView request) {
    InetSocketAddress peer = request.client();
    return peer == null || peer.isUnresolved()
        ? null
        : forwarded.client(request, IpAddress.of(peer.getAddress()));
  }

  /** Returns the CRC state after the bytes of {@link IpAddress#toString}. */
  private static int state(IpAddress address) {
    return address.isIpv4() ? ipv4((int) address.low()) : ipv6(address);
  }

  private static int ipv4(int bits) {
    int crc = decimal(Crc32.START, bits >>> 24);
    crc = decimal(Crc32.update(crc, '.'), bits >>> 16 & 0xff);
    crc = decimal(Crc32.update(crc, '.'), bits >>> 8 & 0xff);
    return decimal(Crc32.update(crc, '.'), bits & 0xff);
  }

  private static int decimal(int state, int number) {
    int crc = state;
    if (number >= 100) {
      crc = Crc32.update(crc, '0' + number / 100);
    }
    if (number >= 10) {
      crc = Crc32.update(crc, '0' + number / 10 % 10);
    }
    return Crc32.update(crc, '0' + number % 10);
  }

  private static int ipv6(IpAddress address) {
    int zeros = address.longestZeros();
    int start = zeros >>> 4;
    int end = start + (zeros & 15);
    int crc = Crc32.START;
    int index = 0;
    while (index < 8) {
      if (index == start && end > start) {
        crc = Crc32.update(Crc32.update(crc, ':'), ':');
        index = end;
      } else {
        if (index > 0 && index != end) {
          crc = Crc32.update(crc, ':');
        }
        crc = hex(crc, address.group(index));
        index++;
      }
    }
    return crc;
  }

  private static int hex(int state, int group) {
    int crc = state;
    for (int shift = 12; shift >= 0; shift -= 4) {
      if (shift == 0 || group >>> shift != 0) {
        crc = Crc32.update(crc, HEX[group >>> shift & 15]);
      }
    }
    return crc;
  }
}

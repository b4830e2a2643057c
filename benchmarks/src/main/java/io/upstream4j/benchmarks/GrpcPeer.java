package io.upstream4j.benchmarks;

import static java.util.Objects.requireNonNull;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SynchronizationContext;
import io.upstream4j.benchmarks.Contenders.Prepared;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** gRPC's balancer, in a channel whose subchannels are ready at once. */
final class GrpcPeer {
  private GrpcPeer() {}

  static Prepared roundRobin(int backends) {
    ReadyHelper helper = new ReadyHelper();
    LoadBalancer balancer =
        requireNonNull(LoadBalancerRegistry.getDefaultRegistry().getProvider("round_robin"))
            .newLoadBalancer(helper);
    helper
        .getSynchronizationContext()
        .execute(
            () ->
                balancer.acceptResolvedAddresses(
                    LoadBalancer.ResolvedAddresses.newBuilder()
                        .setAddresses(
                            IntStream.range(0, backends)
                                .mapToObj(
                                    i ->
                                        new EquivalentAddressGroup(
                                            InetSocketAddress.createUnresolved(Peers.host(i), 80)))
                                .toList())
                        .build()));
    LoadBalancer.SubchannelPicker picker = requireNonNull(helper.picker);
    Arguments arguments = new Arguments();
    if (picker.pickSubchannel(arguments).getSubchannel() == null) {
      throw new IllegalStateException("not ready: " + picker);
    }
    return Prepared.of(number -> picker.pickSubchannel(arguments));
  }

  private static final class ReadyHelper extends LoadBalancer.Helper {
    private final SynchronizationContext context =
        new SynchronizationContext(
            (thread, failure) -> {
              throw new IllegalStateException(failure);
            });
    private LoadBalancer.@Nullable SubchannelPicker picker;

    @Override
    public LoadBalancer.Subchannel createSubchannel(LoadBalancer.CreateSubchannelArgs args) {
      return new ReadySubchannel(args.getAddresses());
    }

    @Override
    public ManagedChannel createOobChannel(EquivalentAddressGroup address, String authority) {
      throw new UnsupportedOperationException("not needed");
    }

    @Override
    public void updateBalancingState(
        ConnectivityState state, LoadBalancer.SubchannelPicker newPicker) {
      picker = newPicker;
    }

    @Override
    public SynchronizationContext getSynchronizationContext() {
      return context;
    }

    @Override
    public String getAuthority() {
      return "benchmark";
    }

    @Override
    public ChannelLogger getChannelLogger() {
      return new ChannelLogger() {
        @Override
        public void log(ChannelLogLevel level, String message) {}

        @Override
        public void log(ChannelLogLevel level, String format, Object... arguments) {}
      };
    }
  }

  private static final class ReadySubchannel extends LoadBalancer.Subchannel {
    private final List<EquivalentAddressGroup> addresses;
    private LoadBalancer.@Nullable SubchannelStateListener listener;

    ReadySubchannel(List<EquivalentAddressGroup> addresses) {
      this.addresses = addresses;
    }

    @Override
    public void start(LoadBalancer.SubchannelStateListener stateListener) {
      listener = stateListener;
    }

    @Override
    public void requestConnection() {
      requireNonNull(listener)
          .onSubchannelState(ConnectivityStateInfo.forNonError(ConnectivityState.READY));
    }

    @Override
    public void shutdown() {}

    @Override
    public List<EquivalentAddressGroup> getAllAddresses() {
      return addresses;
    }

    @Override
    public Attributes getAttributes() {
      return Attributes.EMPTY;
    }
  }

  private static final class Arguments extends LoadBalancer.PickSubchannelArgs {
    private final Metadata headers = new Metadata();

    @Override
    public CallOptions getCallOptions() {
      return CallOptions.DEFAULT;
    }

    @Override
    public Metadata getHeaders() {
      return headers;
    }

    @Override
    public MethodDescriptor<?, ?> getMethodDescriptor() {
      throw new UnsupportedOperationException("round robin does not ask");
    }
  }
}

package example.fewest;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.PluginContext;
import java.util.List;

/** Provides {@code fewest}: the least loaded of all backends. */
public final class FewestProvider implements LoadBalancerProvider {
  /** The measure of load. */
  enum Cost {
    /** Requests in flight. */
    REQUESTS,
    /** The expected duration of the requests in flight. */
    TIME
  }

  private static final Option<Cost> COST =
      Option.oneOf("cost", "what backends are compared by", Cost.class).orElse(Cost.REQUESTS);

  @Override
  public String type() {
    return "fewest";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(COST);
  }

  @Override
  public LoadBalancer create(Options options, PluginContext context) {
    Cost cost = options.get(COST);
    return snapshot -> new FewestPicker(snapshot, cost);
  }
}

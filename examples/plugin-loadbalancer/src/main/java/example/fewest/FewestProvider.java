package example.fewest;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.PluginContext;
import java.util.List;

/** Provides {@code fewest}: the backend with the least to do, of all there are. */
public final class FewestProvider implements LoadBalancerProvider {
  /** What two backends are compared by. */
  enum Cost {
    /** Requests in flight. */
    REQUESTS,
    /** The time that the requests in flight will take. */
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

package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/** Reads the tokens of a YAML 1.2 text. */
final class YamlTokens implements Tokens {
  /** Null without quotes (YAML 1.2, section 10.3.2). */
  private static final Set<String> NOTHING = Set.of("", "~", "null", "Null", "NULL");

  private final String source;
  private final String text;
  private final ParserImpl parser;
  private @Nullable Event event;

  YamlTokens(String source, String text) {
    this.source = source;
    this.text = text;
    // Buffer the whole text, because in pieces a long token takes time quadratic in its length.
    LoadSettings settings =
        LoadSettings.builder()
            .setUseMarks(true)
            .setCodePointLimit(Integer.MAX_VALUE)
            .setBufferSize(text.length() + 2)
            .build();
    this.parser = new ParserImpl(settings, new StreamReader(settings, text));
  }

  @Override
  public Kind next() throws SyntaxException {
    try {
      while (parser.hasNext()) {
        Event read = parser.next();
        event = read;
        switch (read.getEventId()) {
          case MappingStart -> {
            return Kind.MAPPING;
          }
          case SequenceStart -> {
            return Kind.SEQUENCE;
          }
          case MappingEnd, SequenceEnd -> {
            return Kind.END;
          }
          case Alias -> {
            return Kind.ALIAS;
          }
          case Scalar -> {
            return isPlain() && NOTHING.contains(text()) ? Kind.NOTHING : Kind.SCALAR;
          }
          default -> {} // marks of the stream and of documents
        }
      }
      return Kind.EOF;
    } catch (MarkedYamlEngineException e) {
      throw YamlErrors.of(source, text, e);
    } catch (YamlEngineException e) {
      String problem = String.valueOf(e.getMessage());
      throw new SyntaxException(
          location(),
          "",
          "not YAML: "
              + (problem.contains("Version{")
                  ? "a %YAML directive of another version (expected: none, or %YAML 1.2)"
                  : problem));
    }
  }

  @Override
  public Location location() {
    Event at = event;
    return at == null ? new Location(source, 1, 1) : at(source, at.getStartMark());
  }

  static Location at(String source, Optional<Mark> mark) {
    return mark.map(m -> new Location(source, m.getLine() + 1, m.getColumn() + 1))
        .orElseGet(() -> new Location(source, 1, 1));
  }

  @Override
  public String text() {
    return event instanceof ScalarEvent scalar
        ? scalar.getValue()
        : event instanceof AliasEvent alias ? alias.getAlias().getValue() : "";
  }

  @Override
  public boolean isPlain() {
    return event instanceof ScalarEvent scalar && scalar.isPlain();
  }

  @Override
  public @Nullable String anchor() {
    return event instanceof NodeEvent node
        ? node.getAnchor().map(Anchor::getValue).orElse(null)
        : null;
  }

  @Override
  public @Nullable String tag() {
    return event instanceof ScalarEvent scalar
        ? scalar.getTag().orElse(null)
        : event instanceof CollectionStartEvent start ? start.getTag().orElse(null) : null;
  }
}

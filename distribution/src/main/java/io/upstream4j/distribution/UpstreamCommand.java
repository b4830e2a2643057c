package io.upstream4j.distribution;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.distribution.ListPlugins.Detail;
import io.upstream4j.distribution.PickBackends.Output;
import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code upstream} command: what its arguments are called. What it does is elsewhere. */
@Command(
    name = "upstream",
    mixinStandardHelpOptions = true,
    addMethodSubcommands = false,
    versionProvider = Version.class,
    description = "Discovery, health checks and load balancing for HTTP backends, from one file.",
    footer = {"", "upstream demo needs nothing and shows what it does."})
public final class UpstreamCommand {
  static final String PLUGINS_HELP =
      "a folder of plug-ins: jars, and folders of jars; may be given again;"
          + " without it, the folder plugins of the image";

  // Times are written as in a configuration, and read by the same code.
  private static final io.upstream4j.api.option.Option<Duration> TIME =
      io.upstream4j.api.option.Option.duration(
          "time", "a duration", Duration.ofMillis(1), Duration.ofDays(365));

  private final Orders orders;
  @Spec private @Nullable CommandSpec spec;

  private UpstreamCommand(Orders orders) {
    this.orders = orders;
  }

  /** Runs the command and exits with its status. */
  public static void main(String[] arguments) {
    Charset charset = Charset.defaultCharset();
    Terminal terminal =
        new Terminal(
            new PrintWriter(System.out, true, charset), new PrintWriter(System.err, true, charset));
    System.exit(run(terminal, Orders.bySignal(), arguments));
  }

  /** Runs the command and returns its exit status. */
  static int run(Terminal terminal, Orders orders, String... arguments) {
    CommandLine line = new CommandLine(new UpstreamCommand(orders));
    for (Method command : commands(arguments)) {
      line.addSubcommand(new CommandLine(command));
    }
    return line.setOut(terminal.out())
        .setErr(terminal.err())
        .registerConverter(ListenAddress.class, new Reading<>(ListenAddress::parse))
        .registerConverter(Format.class, new Reading<>(Format::parse))
        .registerConverter(Duration.class, new Reading<>(UpstreamCommand::time))
        .setParameterExceptionHandler(new Refusal())
        .execute(arguments);
  }

  /**
   * The one that is called, as reading the options of all of them is half of a start; all of them
   * when there is none such, to tell what there is.
   */
  private static List<Method> commands(String... arguments) {
    List<Method> all = CommandLine.getCommandMethods(UpstreamCommand.class, null);
    return all.stream()
        .filter(command -> arguments.length > 0 && command.getName().equals(arguments[0]))
        .findFirst()
        .map(List::of)
        .orElse(all);
  }

  @Command(
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      description = {
        "Runs a reverse proxy in front of the upstreams of a file.",
        "",
        "SIGTERM and SIGINT finish the requests under way and exit with status 0; a second one ends"
            + " at once. The file is read again when it changes, and on SIGHUP; a wrong file changes nothing."
      })
  int serve(
      @Option(
              names = {"-c", "--config"},
              required = true,
              paramLabel = "FILE",
              description = "the upstreams and routes, in YAML")
          Path config,
      @Option(
              names = "--listen",
              defaultValue = "0.0.0.0:8080",
              paramLabel = "HOST:PORT",
              description = "where clients connect (default: ${DEFAULT-VALUE}); port 0: a free one")
          ListenAddress listen,
      @Option(
              names = "--tls-listen",
              paramLabel = "HOST:PORT",
              description =
                  "where clients connect with TLS, for HTTP/2 and HTTP/1.1; needs --tls-cert and"
                      + " --tls-key")
          @Nullable ListenAddress tlsListen,
      @Option(
              names = "--tls-cert",
              paramLabel = "FILE",
              description = "the certificate that they are shown, in PEM, read again on change")
          @Nullable Path tlsCert,
      @Option(
              names = "--tls-key",
              paramLabel = "FILE",
              description = "its key, in PEM: PKCS #8 without a password")
          @Nullable Path tlsKey,
      @Option(
              names = "--admin",
              defaultValue = "127.0.0.1:9090",
              paramLabel = "HOST:PORT",
              description =
                  "where upstreams are looked at and changed (default: ${DEFAULT-VALUE}); other than"
                      + " a loopback address only with --admin-token-file")
          ListenAddress admin,
      @Option(
              names = "--admin-token-file",
              paramLabel = "FILE",
              description =
                  "a token of at least 16 characters, which the admin address then wants as"
                      + " Authorization: Bearer; read again when it changes")
          @Nullable Path adminToken,
      @Option(names = "--plugins", paramLabel = "DIR", description = PLUGINS_HELP)
          @Nullable List<Path> plugins,
      @Option(
              names = "--grace",
              defaultValue = "30s",
              paramLabel = "TIME",
              description =
                  "how long requests under way may take after SIGTERM (default: ${DEFAULT-VALUE})")
          Duration grace)
      throws InterruptedException {
    return new Serve(terminal(), orders, config, folders(plugins), grace)
        .run(listen, tls(tlsListen, tlsCert, tlsKey), admin, Optional.ofNullable(adminToken));
  }

  private @Nullable TlsListen tls(
      @Nullable ListenAddress address, @Nullable Path certificate, @Nullable Path key) {
    if (address != null && certificate != null && key != null) {
      return new TlsListen(address, certificate, key);
    }
    if (address == null && certificate == null && key == null) {
      return null;
    }
    String given =
        address != null ? "--tls-listen" : certificate != null ? "--tls-cert" : "--tls-key";
    throw new ParameterException(
        line().getParseResult().subcommand().commandSpec().commandLine(),
        given + " without the others (expected: --tls-listen, --tls-cert and --tls-key)");
  }

  @Command(
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      description = {
        "Shows failover on three backends of its own, with a gateway before them.",
        "",
        "Needs no file and no network. Ends with Ctrl-C, or after --for, with a summary."
      })
  int demo(
      @Option(
              names = "--listen",
              defaultValue = "127.0.0.1:8080",
              paramLabel = "HOST:PORT",
              description =
                  "where the gateway listens (default: ${DEFAULT-VALUE}, or a free port when that"
                      + " is taken)")
          @Nullable ListenAddress listen,
      @Option(
              names = "--for",
              paramLabel = "TIME",
              description = "how long to run, such as 10s or 1m; until Ctrl-C when not given")
          @Nullable Duration time)
      throws InterruptedException {
    return new Demo(terminal(), orders).run(listen, time);
  }

  @Command(
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      description = {
        "Validates a file, then looks for the backends and probes each once.",
        "",
        "Exit status 0: all work. 1: something is down. 2: the file is wrong."
      })
  int check(
      @Option(
              names = {"-c", "--config"},
              required = true,
              paramLabel = "FILE",
              description = "the upstreams, in YAML")
          Path config,
      @Option(
              names = "--format",
              defaultValue = "table",
              paramLabel = "FORMAT",
              description = "table or json (default: ${DEFAULT-VALUE})")
          Format format,
      @Option(
              names = "--explain",
              description =
                  "first what holds for each upstream: every key, its value, and where it stands or"
                      + " that it is the default; short forms written out")
          boolean explain,
      @Option(names = "--plugins", paramLabel = "DIR", description = PLUGINS_HELP)
          @Nullable List<Path> plugins,
      @Option(
              names = "--timeout",
              defaultValue = "30s",
              paramLabel = "TIME",
              description = "how long all answers may take (default: ${DEFAULT-VALUE})")
          Duration timeout)
      throws InterruptedException {
    return new Check(
            terminal(),
            config,
            folders(plugins),
            explain ? Check.Output.EXPLAINED : Check.Output.BACKENDS)
        .run(format, timeout);
  }

  @Command(
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      description = {
        "Lists the plug-ins that a file may name, and where they come from.",
        "",
        "Exit status 1 when a plug-in was found that cannot be loaded."
      })
  int plugins(
      @Option(names = "--plugins", paramLabel = "DIR", description = PLUGINS_HELP)
          @Nullable List<Path> plugins,
      @Option(
              names = "--format",
              defaultValue = "table",
              paramLabel = "FORMAT",
              description = "table or json (default: ${DEFAULT-VALUE})")
          Format format,
      @Option(names = "--options", description = "also the options of each, with their defaults")
          boolean options) {
    return new ListPlugins(terminal(), folders(plugins))
        .run(format, options ? Detail.OPTIONS : Detail.SUMMARY);
  }

  @Command(
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      description = {
        "Shows which backend each request would go to, without sending any.",
        "",
        "A request is one line: a path or a URL, then headers as name: value, such as",
        "  /cart?item=3 x-user: 7 cookie: sid=5f3a",
        "@client: IP is the client's address. Backends are looked for but not probed: all count as"
            + " healthy.",
        "",
        "Exit status 0: each has a backend. 1: one has none, or the discovery failed. 2: the file or"
            + " a line is wrong."
      })
  int pick(
      @Option(
              names = {"-c", "--config"},
              required = true,
              paramLabel = "FILE",
              description = "the upstreams, in YAML")
          Path config,
      @Option(
              names = {"-u", "--upstream"},
              required = true,
              paramLabel = "NAME",
              description = "which of them")
          String upstream,
      @Option(
              names = "--keys",
              defaultValue = "-",
              paramLabel = "FILE",
              description = "the requests, in UTF-8; -: the standard input (default)")
          String keys,
      @Option(
              names = "--explain",
              description = "also what decides, and the backends that would be next")
          boolean explain,
      @Option(names = "--plugins", paramLabel = "DIR", description = PLUGINS_HELP)
          @Nullable List<Path> plugins,
      @Option(
              names = "--timeout",
              defaultValue = "10s",
              paramLabel = "TIME",
              description = "how long the discovery may take (default: ${DEFAULT-VALUE})")
          Duration timeout)
      throws InterruptedException {
    return new PickBackends(
            terminal(), config, folders(plugins), explain ? Output.EXPLAINED : Output.BACKENDS)
        .run(upstream, keys, timeout);
  }

  @Command(
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      description = {
        "Says a configuration of pingap in the terms of this program.",
        "",
        "What cannot be said is noted with its place, on the standard error and above the result.",
        "",
        "Exit status 0: all is said. 1: something that matters to requests was left out. 2: a file is"
            + " wrong; nothing was written."
      })
  int convert(
      @Parameters(
              arity = "1..*",
              paramLabel = "FILE",
              description =
                  "TOML; several are one configuration, as the files of a folder are; -: the"
                      + " standard input")
          List<String> files,
      @Option(
              names = {"-o", "--output"},
              paramLabel = "FILE",
              description = "where to write the YAML; to the standard output when not given")
          @Nullable Path output,
      @Option(names = "--plugins", paramLabel = "DIR", description = PLUGINS_HELP)
          @Nullable List<Path> plugins) {
    return new Convert(terminal(), folders(plugins), System.in).run(files, output);
  }

  @Command(
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      description = {
        "Prints the JSON Schema of a file, by which editors complete and check it.",
        "",
        "With the types and options of the plug-ins that are found. Exit status 1 when one of them"
            + " cannot be loaded."
      })
  int schema(
      @Option(names = "--plugins", paramLabel = "DIR", description = PLUGINS_HELP)
          @Nullable List<Path> plugins) {
    return new PrintSchema(terminal(), folders(plugins)).run();
  }

  private static Duration time(String text) {
    try {
      return Options.of(List.of(TIME), Node.Mapping.of(Map.of(TIME.name(), text))).get(TIME);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e.problems().get(0).message(), e);
    }
  }

  private List<Path> folders(@Nullable List<Path> given) {
    List<Path> folders = given == null ? foldersOfImage() : given;
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) {
        throw new ParameterException(
            line().getParseResult().subcommand().commandSpec().commandLine(),
            "--plugins " + folder + ": not a folder");
      }
    }
    return folders;
  }

  /** The folder beside the Java runtime that runs this; a JDK has none. */
  private static List<Path> foldersOfImage() {
    Path folder = Path.of(System.getProperty("java.home"), "plugins");
    return Files.isDirectory(folder) ? List.of(folder) : List.of();
  }

  private Terminal terminal() {
    return new Terminal(line().getOut(), line().getErr());
  }

  private CommandLine line() {
    return requireNonNull(spec, "spec").commandLine();
  }

  // No lambdas: they would keep picocli's types, which are of Java 5, out of the image's archive of
  // classes, and those of picocli's own that extend them.

  private record Reading<T>(Function<String, T> read) implements ITypeConverter<T> {
    @Override
    public T convert(String text) {
      try {
        return read.apply(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  private record Refusal() implements IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException wrong, String[] given) {
      CommandLine command = wrong.getCommandLine();
      PrintWriter err = command.getErr();
      err.println(wrong.getMessage());
      ParameterException unknown = wrong;
      if (wrong instanceof MissingParameterException
          && !command.getUnmatchedArguments().isEmpty()) {
        // What is missing may be there with a wrong name.
        unknown = new UnmatchedArgumentException(command, command.getUnmatchedArguments());
        err.println(unknown.getMessage());
      }
      if (!UnmatchedArgumentException.printSuggestions(unknown, err)) {
        err.println("See: " + command.getCommandSpec().qualifiedName() + " --help");
      }
      return ExitStatus.WRONG;
    }
  }
}

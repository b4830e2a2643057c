package io.upstream4j.distribution;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.core.connect.TransportType;
import io.upstream4j.distribution.ListPlugins.Detail;
import io.upstream4j.distribution.PickBackends.Output;
import io.upstream4j.distribution.access.AccessFormat;
import io.upstream4j.distribution.admin.WebhookFormat;
import io.upstream4j.distribution.convert.ConversionOptions;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code upstream} command. Defines the arguments of its subcommands, which are implemented
 * elsewhere.
 *
 * <p>The arguments are built programmatically, because reading annotations takes a third of the
 * start-up time.
 */
public final class UpstreamCommand {
  static final String PLUGINS_HELP =
      "a folder of plug-ins: jars, and folders of jars; may be given again;"
          + " without it, the folder plugins of the image";

  // Durations have the same form as in a configuration, and are parsed by the same code.
  private static final io.upstream4j.api.option.Option<Duration> TIME =
      io.upstream4j.api.option.Option.duration(
          "time", "a duration", Duration.ofMillis(1), Duration.ofDays(365));

  private static final Duration EXIT_LIMIT = Duration.ofSeconds(1);

  private final Terminal terminal;
  private final Orders orders;

  private UpstreamCommand(Terminal terminal, Orders orders) {
    this.terminal = terminal.onlyVisible(); // help has colours
    this.orders = orders;
  }

  /** Runs the command and exits with its status. */
  public static void main(String[] arguments) {
    Charset charset = Charset.defaultCharset();
    Terminal terminal =
        new Terminal(
            new PrintWriter(System.out, true, charset), new PrintWriter(System.err, true, charset));
    Runtime.getRuntime().addShutdownHook(new Thread(new ExitWatch(terminal.err()), "exit-watch"));
    exit(run(terminal, Orders.bySignal(), arguments));
  }

  /** Ends the process, even if a shutdown hook of a plug-in blocks. */
  private static void exit(int status) {
    Thread limit =
        new Thread(
            () -> {
              try {
                Thread.sleep(EXIT_LIMIT.toMillis());
              } catch (InterruptedException e) {
                return; // never interrupted
              }
              Runtime.getRuntime().halt(status);
            },
            "exit-limit");
    limit.setDaemon(true);
    limit.start();
    System.exit(status);
  }

  /** Runs the command and returns its exit status. */
  static int run(Terminal terminal, Orders orders, String... arguments) {
    UpstreamCommand upstream = new UpstreamCommand(terminal, orders);
    CommandSpec all = command("upstream", CommandSpec.create());
    all.usageMessage()
        .description(
            "Discovery, health checks and load balancing for HTTP backends, from one file.")
        .footer("", "upstream demo needs nothing and shows what it does.");
    for (CommandSpec command :
        List.of(
            upstream.check(),
            upstream.convert(),
            upstream.demo(),
            upstream.pick(),
            upstream.plugins(),
            upstream.reload(),
            upstream.schema(),
            upstream.serve(),
            upstream.stop())) {
      all.addSubcommand(command.name(), command);
    }
    return new CommandLine(all)
        .setOut(terminal.out())
        .setErr(terminal.err())
        .registerConverter(ListenAddress.class, new Reading<>(ListenAddress::parse))
        .registerConverter(Format.class, new Reading<>(text -> Choice.of(Format.class, text)))
        .registerConverter(
            WebhookFormat.class, new Reading<>(text -> Choice.of(WebhookFormat.class, text)))
        .registerConverter(
            AccessFormat.class, new Reading<>(text -> Choice.of(AccessFormat.class, text)))
        .registerConverter(
            Log.Format.class, new Reading<>(text -> Choice.of(Log.Format.class, text)))
        .registerConverter(
            Convert.Origin.class, new Reading<>(text -> Choice.of(Convert.Origin.class, text)))
        .registerConverter(TransportType.class, new Reading<>(UpstreamCommand::transport))
        .registerConverter(Duration.class, new Reading<>(UpstreamCommand::time))
        .setParameterExceptionHandler(new Refusal())
        .execute(arguments);
  }

  private CommandSpec serve() {
    OptionSpec config = config("the upstreams and routes, in YAML");
    OptionSpec listen =
        address("--listen", "where clients connect (default: ${DEFAULT-VALUE}); port 0: a free one")
            .defaultValue("0.0.0.0:8080")
            .build();
    OptionSpec tlsListen =
        address(
                "--tls-listen",
                "where clients connect with TLS, for HTTP/2 and HTTP/1.1; needs --tls-cert and"
                    + " --tls-key")
            .build();
    OptionSpec tlsCert =
        file("the certificate that they are shown, in PEM, read again on change", "--tls-cert")
            .build();
    OptionSpec tlsKey = file("its key, in PEM: PKCS #8 without a password", "--tls-key").build();
    OptionSpec admin =
        address(
                "--admin",
                "where upstreams are looked at and changed (default: ${DEFAULT-VALUE}); other than"
                    + " a loopback address only with --admin-token-file")
            .defaultValue("127.0.0.1:9797")
            .build();
    OptionSpec health =
        address(
                "--health",
                "where anybody may ask for /livez, /readyz, /healthz and /metrics, and nothing"
                    + " else, without a token; the admin address answers them as well")
            .build();
    OptionSpec adminToken =
        file(
                "a token of at least 16 characters, which the admin address then wants as"
                    + " Authorization: Bearer; read again when it changes",
                "--admin-token-file")
            .build();
    OptionSpec webhook =
        file(
                "the URL that events are posted to, in its first line, and headers in further ones;"
                    + " read again when it changes",
                "--webhook")
            .build();
    OptionSpec webhookFormat =
        OptionSpec.builder("--webhook-format")
            .type(WebhookFormat.class)
            .defaultValue("json")
            .paramLabel("FORMAT")
            .description("json, slack, dingtalk, wecom or feishu (default: ${DEFAULT-VALUE})")
            .build();
    OptionSpec webhookEvents =
        OptionSpec.builder("--webhook-events")
            .type(String.class)
            .defaultValue(WebhookOptions.USUAL)
            .paramLabel("KINDS")
            .description(
                "which events: kinds with commas, all, or usual (default), which is all but"
                    + " backends that come, go, fail a request and are changed by hand")
            .build();
    OptionSpec accessLog =
        file(
                "where to write a line for each request; -: the standard output. A file that is"
                    + " renamed or deleted is begun anew",
                "--access-log")
            .build();
    OptionSpec accessLogFormat =
        OptionSpec.builder("--access-log-format")
            .type(AccessFormat.class)
            .defaultValue("combined")
            .paramLabel("FORMAT")
            .description("common, combined or json (default: ${DEFAULT-VALUE})")
            .build();
    OptionSpec traces =
        OptionSpec.builder("--create-traces")
            .type(Double.class)
            .paramLabel("SAMPLED")
            .description(
                "begin a trace for each request without a valid W3C traceparent, and mark this part"
                    + " of them, 0 to 1, as sampled")
            .build();
    OptionSpec logFormat =
        OptionSpec.builder("--log-format")
            .type(Log.Format.class)
            .defaultValue("text")
            .paramLabel("FORMAT")
            .description(
                "how it reports what it does, one line an event on the standard error: text or json"
                    + " (default: ${DEFAULT-VALUE}); with the time, unless systemd's journal adds it")
            .build();
    OptionSpec transport = transport();
    OptionSpec plugins = folders();
    OptionSpec drainDelay =
        time(
            "--drain-delay",
            null,
            "how long to go on listening after SIGTERM, while /readyz says that it is not ready,"
                + " for load balancers to notice; not at all when not given");
    OptionSpec pidFile =
        file(
                "where the number of the process is written, for upstream reload and upstream stop",
                "--pid-file")
            .build();
    OptionSpec grace =
        time(
            "--grace",
            "30s",
            "how long requests in progress may take after SIGTERM and the drain delay (default:"
                + " ${DEFAULT-VALUE})");
    return command(
        "serve",
        List.of(
            "Runs a reverse proxy in front of the upstreams of a file.",
            "",
            "SIGTERM and SIGINT finish the requests under way and exit with status 0; a second one"
                + " ends at once. The file is read again when it changes, and on SIGHUP; a wrong"
                + " file changes nothing."),
        () ->
            new Serve(
                    terminal,
                    orders,
                    new ServeOptions(
                        config.getValue(),
                        folders(plugins),
                        Optional.ofNullable(transport.getValue()),
                        listen.getValue(),
                        tls(tlsListen, tlsCert, tlsKey),
                        admin.getValue(),
                        Optional.ofNullable(health.getValue()),
                        Optional.ofNullable(adminToken.getValue()),
                        webhook(webhook, webhookFormat, webhookEvents),
                        Optional.<Path>ofNullable(accessLog.getValue())
                            .map(file -> new AccessLogOptions(file, accessLogFormat.getValue())),
                        sampled(traces),
                        Optional.<Duration>ofNullable(drainDelay.getValue()).orElse(Duration.ZERO),
                        logFormat.getValue(),
                        Optional.ofNullable(pidFile.<@Nullable Path>getValue()),
                        grace.getValue()))
                .run(),
        config,
        listen,
        tlsListen,
        tlsCert,
        tlsKey,
        admin,
        health,
        adminToken,
        webhook,
        webhookFormat,
        webhookEvents,
        accessLog,
        accessLogFormat,
        traces,
        logFormat,
        transport,
        plugins,
        drainDelay,
        pidFile,
        grace);
  }

  private static OptionalDouble sampled(OptionSpec traces) {
    Double part = traces.getValue();
    if (part == null) {
      return OptionalDouble.empty();
    }
    if (!(part >= 0 && part <= 1)) {
      throw new ParameterException(
          traces.command().commandLine(),
          traces.longestName() + ": " + part + " (expected: 0 to 1, such as 0.1)");
    }
    return OptionalDouble.of(part);
  }

  private static @Nullable TlsListen tls(OptionSpec listen, OptionSpec cert, OptionSpec key) {
    List<OptionSpec> all = List.of(listen, cert, key);
    List<OptionSpec> given = all.stream().filter(option -> option.getValue() != null).toList();
    if (given.isEmpty()) {
      return null;
    }
    if (given.size() < all.size()) {
      throw new ParameterException(
          listen.command().commandLine(),
          given.get(0).longestName()
              + " without the others (expected: --tls-listen, --tls-cert and --tls-key)");
    }
    return new TlsListen(listen.getValue(), cert.getValue(), key.getValue());
  }

  private static Optional<WebhookOptions> webhook(
      OptionSpec file, OptionSpec format, OptionSpec events) {
    try {
      Set<String> kinds = WebhookOptions.kinds(events.getValue());
      return Optional.ofNullable(file.<@Nullable Path>getValue())
          .map(path -> new WebhookOptions(path, format.getValue(), kinds));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          file.command().commandLine(), "--webhook-events: " + e.getMessage(), e);
    }
  }

  private CommandSpec demo() {
    OptionSpec listen =
        address(
                "--listen",
                "where the gateway listens (default: ${DEFAULT-VALUE}, or a free port when that is"
                    + " taken)")
            .defaultValue("127.0.0.1:8080")
            .build();
    OptionSpec time =
        time("--for", null, "how long to run, such as 10s or 1m; until Ctrl-C when not given");
    return command(
        "demo",
        List.of(
            "Shows failover on three backends of its own, with a gateway before them.",
            "",
            "Needs no file and no network. Ends with Ctrl-C, or after --for, with a summary."),
        () -> new Demo(terminal, orders).run(listen.getValue(), time.getValue()),
        listen,
        time);
  }

  private CommandSpec check() {
    OptionSpec config = config("the upstreams, in YAML");
    OptionSpec format = format();
    OptionSpec offline =
        flag(
            "--offline",
            "only validate the file, without the network, as in CI: exit status 0 or 2");
    OptionSpec explain =
        flag(
            "--explain",
            "first what holds for each upstream: every key, its value, and where it stands or that"
                + " it is the default; short forms written out");
    OptionSpec plugins = folders();
    OptionSpec transport = transport();
    OptionSpec timeout =
        time("--timeout", "30s", "how long all answers may take (default: ${DEFAULT-VALUE})");
    return command(
        "check",
        List.of(
            "Validates a file, then looks for the backends and probes each once.",
            "",
            "Exit status 0: all work. 1: something is down. 2: the file is wrong."),
        () -> {
          Check check =
              new Check(
                  terminal,
                  config.getValue(),
                  folders(plugins),
                  Optional.ofNullable(transport.getValue()),
                  isGiven(explain) ? Check.Output.EXPLAINED : Check.Output.BACKENDS);
          return isGiven(offline)
              ? check.validate(format.getValue())
              : check.run(format.getValue(), timeout.getValue());
        },
        config,
        offline,
        format,
        explain,
        transport,
        plugins,
        timeout);
  }

  private CommandSpec plugins() {
    OptionSpec plugins = folders();
    OptionSpec format = format();
    OptionSpec options = flag("--options", "also the options of each, with their defaults");
    return command(
        "plugins",
        List.of(
            "Lists the plug-ins that a file may name, and where they come from.",
            "",
            "Exit status 1 when a plug-in was found that cannot be loaded."),
        () ->
            new ListPlugins(terminal, folders(plugins))
                .run(format.getValue(), isGiven(options) ? Detail.OPTIONS : Detail.SUMMARY),
        plugins,
        format,
        options);
  }

  private CommandSpec pick() {
    OptionSpec config = config("the upstreams, in YAML");
    OptionSpec upstream =
        OptionSpec.builder("-u", "--upstream")
            .type(String.class)
            .required(true)
            .paramLabel("NAME")
            .description("which of them")
            .build();
    OptionSpec keys =
        OptionSpec.builder("--keys")
            .type(String.class)
            .defaultValue("-")
            .paramLabel("FILE")
            .description("the requests, in UTF-8; -: the standard input (default)")
            .build();
    OptionSpec explain =
        flag("--explain", "also what decides, and the backends that would be next");
    OptionSpec plugins = folders();
    OptionSpec timeout =
        time("--timeout", "10s", "how long the discovery may take (default: ${DEFAULT-VALUE})");
    return command(
        "pick",
        List.of(
            "Shows which backend each request would go to, without sending any.",
            "",
            "A request is one line: a path or a URL, then headers as name: value, such as",
            "  /cart?item=3 x-user: 7 cookie: sid=5f3a",
            "@client: IP is the client's address. Backends are looked for but not probed: all count"
                + " as healthy.",
            "",
            "Exit status 0: each has a backend. 1: one has none, or the discovery failed. 2: the"
                + " file or a line is wrong."),
        () ->
            new PickBackends(
                    terminal,
                    config.getValue(),
                    folders(plugins),
                    isGiven(explain) ? Output.EXPLAINED : Output.BACKENDS)
                .run(upstream.getValue(), keys.getValue(), timeout.getValue()),
        config,
        upstream,
        keys,
        explain,
        plugins,
        timeout);
  }

  private CommandSpec convert() {
    PositionalParamSpec files =
        PositionalParamSpec.builder()
            .type(List.class)
            .auxiliaryTypes(String.class)
            .arity("1..*")
            .required(true)
            .paramLabel("FILE")
            .description(
                "a file or a folder of them; several are one configuration; -: the standard"
                    + " input")
            .build();
    OptionSpec from =
        OptionSpec.builder("--from")
            .type(Convert.Origin.class)
            .defaultValue("pingap")
            .paramLabel("PROGRAM")
            .description(
                "pingap (TOML), nginx or haproxy (default: ${DEFAULT-VALUE}): whose configuration"
                    + " it is")
            .build();
    OptionSpec server =
        OptionSpec.builder("--server")
            .type(String.class)
            .paramLabel("NAME")
            .description(
                "which of several to convert: a server of pingap, a frontend of HAProxy, or the"
                    + " address that servers of nginx listen at")
            .build();
    OptionSpec guards =
        flag(
            "--ignore-guards",
            "open to everyone what is guarded there by passwords, addresses or conditions that"
                + " have no equivalent, rather than refuse it");
    OptionSpec output =
        file("where to write the YAML; to the standard output when not given", "-o", "--output")
            .build();
    OptionSpec plugins = folders();
    return command(
        "convert",
        List.of(
            "Converts a configuration of pingap, nginx or HAProxy.",
            "",
            "What has no equivalent is noted with its place, on the standard error and above the"
                + " result. The result never lets through what the original did not.",
            "",
            "Exit status 0: all was converted. 1: something that matters to requests was not. 2: a"
                + " file is wrong; nothing was written."),
        () ->
            new Convert(terminal, folders(plugins), System.in)
                .run(
                    from.getValue(),
                    files.getValue(),
                    Optional.ofNullable(server.<@Nullable String>getValue()),
                    isGiven(guards)
                        ? ConversionOptions.Guards.IGNORE
                        : ConversionOptions.Guards.REFUSE,
                    output.getValue()),
        files,
        from,
        server,
        guards,
        output,
        plugins);
  }

  private CommandSpec reload() {
    return control(
        "reload",
        ProcessControl::reload,
        "Makes a running gateway read its files again, and waits until it has.",
        "",
        "Exit status 0: what they say is in force. 1: it was refused, and nothing changed; or"
            + " no gateway runs.");
  }

  private CommandSpec stop() {
    return control(
        "stop",
        ProcessControl::stop,
        "Stops a running gateway, which finishes its requests, and waits for its end.",
        "",
        "Exit status 1: it still runs, or none did.");
  }

  /** An operation on a running gateway. */
  @FunctionalInterface
  private interface Control {
    int run(ProcessControl process) throws InterruptedException;
  }

  private CommandSpec control(String name, Control control, String... help) {
    OptionSpec pidFile =
        file("the file that upstream serve --pid-file wrote", "--pid-file").required(true).build();
    OptionSpec timeout =
        time("--timeout", "60s", "how long it may take (default: ${DEFAULT-VALUE})");
    return command(
        name,
        List.of(help),
        () -> control.run(new ProcessControl(terminal, pidFile.getValue(), timeout.getValue())),
        pidFile,
        timeout);
  }

  private CommandSpec schema() {
    OptionSpec plugins = folders();
    return command(
        "schema",
        List.of(
            "Prints the JSON Schema of a file, by which editors complete and check it.",
            "",
            "With the types and options of the plug-ins that are found. Exit status 1 when one of"
                + " them cannot be loaded."),
        () -> new PrintSchema(terminal, folders(plugins)).run(),
        plugins);
  }

  private static CommandSpec command(
      String name, List<String> description, Callable<Integer> run, ArgSpec... arguments) {
    CommandSpec command = command(name, CommandSpec.wrapWithoutInspection(run));
    command.usageMessage().description(description.toArray(String[]::new));
    for (ArgSpec argument : arguments) {
      command.add(argument);
    }
    return command;
  }

  private static CommandSpec command(String name, CommandSpec command) {
    return command
        .name(name)
        .versionProvider(new Version())
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help message and exit.")
                .build())
        .addOption(
            OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .description("Print version information and exit.")
                .build());
  }

  private static OptionSpec config(String description) {
    return file(description, "-c", "--config").required(true).build();
  }

  private static OptionSpec.Builder file(String description, String name, String... names) {
    return OptionSpec.builder(name, names)
        .type(Path.class)
        .paramLabel("FILE")
        .description(description);
  }

  private static OptionSpec.Builder address(String name, String description) {
    return OptionSpec.builder(name)
        .type(ListenAddress.class)
        .paramLabel("HOST:PORT")
        .description(description);
  }

  private static OptionSpec time(String name, @Nullable String orElse, String description) {
    return OptionSpec.builder(name)
        .type(Duration.class)
        .defaultValue(orElse)
        .paramLabel("TIME")
        .description(description)
        .build();
  }

  private static OptionSpec transport() {
    return OptionSpec.builder("--transport")
        .type(TransportType.class)
        .paramLabel("TYPE")
        .description(
            "what waits for sockets: epoll, io_uring or nio (default: epoll where there is one,"
                + " otherwise nio)")
        .build();
  }

  private static TransportType transport(String text) {
    TransportType type = Choice.of(TransportType.class, text);
    type.unavailable()
        .ifPresent(
            reason -> {
              throw new IllegalArgumentException(
                  text + " is not available on this machine: " + reason);
            });
    return type;
  }

  private static OptionSpec format() {
    return OptionSpec.builder("--format")
        .type(Format.class)
        .defaultValue("table")
        .paramLabel("FORMAT")
        .description("table or json (default: ${DEFAULT-VALUE})")
        .build();
  }

  private static OptionSpec flag(String name, String description) {
    return OptionSpec.builder(name).type(boolean.class).description(description).build();
  }

  private static boolean isGiven(OptionSpec flag) {
    return Boolean.TRUE.equals(flag.getValue());
  }

  private static OptionSpec folders() {
    return OptionSpec.builder("--plugins")
        .type(List.class)
        .auxiliaryTypes(Path.class)
        .paramLabel("DIR")
        .description(PLUGINS_HELP)
        .build();
  }

  private static List<Path> folders(OptionSpec plugins) {
    List<Path> given = plugins.getValue();
    List<Path> folders = given == null ? foldersOfImage() : given;
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) {
        throw new ParameterException(
            plugins.command().commandLine(), "--plugins " + folder + ": not a folder");
      }
    }
    return folders;
  }

  /** Returns the folder beside the Java runtime. Exists in the image, but not in a JDK. */
  private static List<Path> foldersOfImage() {
    Path folder = Path.of(System.getProperty("java.home"), "plugins");
    return Files.isDirectory(folder) ? List.of(folder) : List.of();
  }

  private static Duration time(String text) {
    try {
      return Options.of(List.of(TIME), Node.Mapping.of(Map.of(TIME.name(), text))).get(TIME);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e.problems().get(0).message(), e);
    }
  }

  // No lambdas: they would exclude picocli's types, which are compiled for Java 5, and their
  // subclasses from the image's class archive.

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
        // The missing option may have been misspelt.
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

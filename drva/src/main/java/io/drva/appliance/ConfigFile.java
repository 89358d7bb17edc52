package io.drva.appliance;

import io.drva.blobsink.ObjectStores;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Reads the YAML configuration. Works on the node tree, so that every mistake is told with its line
 * and key.
 */
public final class ConfigFile {
  public static final String DOMAIN_RULE =
      "3 to 63 lower-case letters, digits and single hyphens between them";
  private static final Pattern DOMAIN_NAME = Pattern.compile("(?=.{3,63}$)[a-z0-9](-?[a-z0-9])*");
  private static final Pattern QUANTITY = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([A-Za-z]*)");
  private static final Map<String, Long> BYTE_UNITS =
      Map.of("", 1L, "B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30, "TiB", 1L << 40);
  private static final Map<String, Long> TIME_UNITS =
      Map.of("ms", 1L, "s", 1000L, "min", 60_000L, "h", 3_600_000L);

  /** Users of other products look for the volume's size here. */
  private static final String VOLUME_SIZE_HINT =
      "; a volume has the size that 'drva volume create' gave it, and 'drva volume grow' changes it";

  private final Path file;

  private ConfigFile(Path file) {
    this.file = file;
  }

  public static boolean isDomainName(String name) {
    return DOMAIN_NAME.matcher(name).matches();
  }

  /** The bytes of a size such as {@code 64MiB}; empty when the text is not one. */
  public static Optional<Long> parseBytes(String text) {
    return parse(text, BYTE_UNITS).map(BigDecimal::longValue);
  }

  private static Optional<BigDecimal> parse(String text, Map<String, Long> units) {
    Matcher matcher = QUANTITY.matcher(text);
    return matcher.matches() && units.containsKey(matcher.group(2))
        ? Optional.of(
            new BigDecimal(matcher.group(1))
                .multiply(BigDecimal.valueOf(units.get(matcher.group(2)))))
        : Optional.empty();
  }

  public static ApplianceConfig read(Path file) throws ConfigException {
    return new ConfigFile(file).parse();
  }

  private ApplianceConfig parse() throws ConfigException {
    Map<String, Node> root =
        keys(
            document(),
            "",
            Set.of(
                "listen",
                "control",
                "store",
                "volume",
                "domains",
                "segment",
                "uploads",
                "window",
                "allowPlaintext"));
    Map<String, Node> volume = section(root, "volume", Set.of("path"));
    Map<String, Node> segment = section(root, "segment", Set.of("size", "age"));
    InetSocketAddress listen = address(root, "listen", ApplianceConfig.LISTEN_PORT);
    boolean allowPlaintext = bool(root, "allowPlaintext");
    if (!listen.getAddress().isLoopbackAddress() && !allowPlaintext) {
      throw at(
          root.get("listen"),
          "listen: "
              + listen.getAddress().getHostAddress()
              + " is not a loopback address and this version has no TLS of its own; put a TLS tunnel in front, or set"
              + " 'allowPlaintext: true' on a network that only the hosts reach");
    }
    InetSocketAddress control = address(root, "control", ApplianceConfig.CONTROL_PORT);
    if (!control.getAddress().isLoopbackAddress()) {
      throw at(
          root.get("control"),
          "control: must be a loopback address, the control API has no authentication");
    }
    return new ApplianceConfig(
        listen,
        control,
        store(root),
        path(volume),
        domains(root.get("domains")),
        (int)
            bytes(
                root,
                "",
                "window",
                ApplianceConfig.WINDOW_BYTES,
                ApplianceConfig.WINDOW_BYTES_MIN,
                ApplianceConfig.WINDOW_BYTES_MAX),
        (int)
            bytes(
                segment,
                "segment.",
                "size",
                ApplianceConfig.SEGMENT_BYTES,
                ApplianceConfig.SEGMENT_BYTES_MIN,
                ApplianceConfig.SEGMENT_BYTES_MAX),
        (int)
            millis(
                segment,
                "segment.",
                "age",
                ApplianceConfig.SEGMENT_AGE_MS,
                ApplianceConfig.SEGMENT_AGE_MS_MIN,
                ApplianceConfig.SEGMENT_AGE_MS_MAX),
        (int)
            quantity(
                root,
                "",
                "uploads",
                ApplianceConfig.UPLOADS_IN_FLIGHT,
                1,
                ApplianceConfig.UPLOADS_IN_FLIGHT_MAX,
                Map.of("", 1L),
                "a whole number"));
  }

  private Node document() throws ConfigException {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new ConfigException(file, 0, "no such file");
    } catch (MalformedInputException e) {
      throw new ConfigException(file, 0, "is not UTF-8 text");
    } catch (IOException e) {
      throw new ConfigException(file, 0, "cannot be read: " + e.getMessage());
    }
    try {
      Optional<Node> node =
          new Compose(LoadSettings.builder().setUseMarks(true).setLabel(file.toString()).build())
              .composeString(text);
      return node.orElseThrow(
          () -> new ConfigException(file, 0, "is empty; at least 'store' and 'volume' are needed"));
    } catch (MarkedYamlEngineException e) {
      throw new ConfigException(
          file,
          e.getProblemMark().map(m -> m.getLine() + 1).orElse(0),
          "not valid YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      throw new ConfigException(file, 0, "not valid YAML: " + e.getMessage());
    }
  }

  private Map<String, Node> section(Map<String, Node> parent, String key, Set<String> allowed)
      throws ConfigException {
    Node node = parent.get(key);
    return node == null ? Map.of() : keys(node, key + ".", allowed);
  }

  private Map<String, Node> keys(Node node, String prefix, Set<String> allowed)
      throws ConfigException {
    if (!(node instanceof MappingNode mapping)) {
      throw at(
          node,
          (prefix.isEmpty() ? "the file" : prefix.substring(0, prefix.length() - 1))
              + ": expected keys and values");
    }
    Map<String, Node> values = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
      if (!allowed.contains(key)) {
        throw at(
            tuple.getKeyNode(),
            prefix
                + key
                + ": unknown key; known are "
                + allowed.stream().sorted().toList()
                + (key.equals("size") && prefix.equals("volume.") ? VOLUME_SIZE_HINT : ""));
      }
      if (values.put(key, tuple.getValueNode()) != null) {
        throw at(tuple.getKeyNode(), prefix + key + ": given twice");
      }
    }
    return values;
  }

  private String required(Map<String, Node> values, String prefix, String key)
      throws ConfigException {
    Node node = values.get(key);
    if (node == null) {
      throw new ConfigException(file, 0, prefix + key + ": is missing");
    }
    String text = scalar(node, prefix + key);
    if (text.isBlank()) {
      throw at(node, prefix + key + ": is empty");
    }
    return text;
  }

  private String store(Map<String, Node> root) throws ConfigException {
    String address = required(root, "", "store");
    try {
      ObjectStores.checkAddress(address);
      return address;
    } catch (IllegalArgumentException e) {
      throw at(root.get("store"), "store: " + e.getMessage());
    }
  }

  private Path path(Map<String, Node> volume) throws ConfigException {
    String text = required(volume, "volume.", "path");
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw at(volume.get("path"), "volume.path: expected a path: " + e.getReason());
    }
  }

  private String scalar(Node node, String key) throws ConfigException {
    if (node instanceof ScalarNode value) {
      return value.getValue();
    }
    throw at(node, key + ": expected a single value");
  }

  private boolean bool(Map<String, Node> values, String key) throws ConfigException {
    Node node = values.get(key);
    if (node == null) {
      return false;
    }
    return switch (scalar(node, key)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw at(node, key + ": expected true or false");
    };
  }

  private List<String> domains(Node node) throws ConfigException {
    if (node == null) {
      return List.of();
    }
    if (!(node instanceof SequenceNode sequence)) {
      throw at(node, "domains: expected a list of names");
    }
    List<String> names = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Node item : sequence.getValue()) {
      String name = scalar(item, "domains");
      if (!isDomainName(name)) {
        throw at(item, "domains: '" + name + "' must be " + DOMAIN_RULE);
      }
      if (!seen.add(name)) {
        throw at(item, "domains: '" + name + "' is given twice");
      }
      names.add(name);
    }
    return names;
  }

  private InetSocketAddress address(Map<String, Node> values, String key, int defaultPort)
      throws ConfigException {
    Node node = values.get(key);
    if (node == null) {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), defaultPort);
    }
    String text = scalar(node, key);
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port >= 0 && port <= 65_535) {
        return new InetSocketAddress(InetAddress.getByName(text.substring(0, colon)), port);
      }
    } catch (NumberFormatException e) {
      // Told below, like a port out of range.
    } catch (UnknownHostException e) {
      throw at(node, key + ": cannot resolve the host of '" + text + "'");
    }
    throw at(node, key + ": expected HOST:PORT, found '" + text + "'");
  }

  private long bytes(
      Map<String, Node> values, String prefix, String key, long fallback, long min, long max)
      throws ConfigException {
    return quantity(
        values, prefix, key, fallback, min, max, BYTE_UNITS, "a size such as 64MiB or 8GiB");
  }

  private long millis(
      Map<String, Node> values, String prefix, String key, long fallback, long min, long max)
      throws ConfigException {
    return quantity(
        values, prefix, key, fallback, min, max, TIME_UNITS, "a time such as 500ms or 2s");
  }

  private long quantity(
      Map<String, Node> values,
      String prefix,
      String key,
      long fallback,
      long min,
      long max,
      Map<String, Long> units,
      String expected)
      throws ConfigException {
    Node node = values.get(key);
    if (node == null) {
      return fallback;
    }
    String text = scalar(node, prefix + key);
    BigDecimal value =
        parse(text, units)
            .orElseThrow(
                () -> at(node, prefix + key + ": expected " + expected + ", found '" + text + "'"));
    if (value.compareTo(BigDecimal.valueOf(min)) < 0
        || value.compareTo(BigDecimal.valueOf(max)) > 0) {
      throw at(
          node,
          prefix
              + key
              + ": "
              + text
              + " is outside "
              + show(min, units)
              + " to "
              + show(max, units));
    }
    return value.longValue();
  }

  /** The value in the largest unit that divides it. */
  private static String show(long value, Map<String, Long> units) {
    return units.entrySet().stream()
        .filter(unit -> value % unit.getValue() == 0)
        .max(Map.Entry.comparingByValue())
        .map(unit -> value / unit.getValue() + unit.getKey())
        .orElse(Long.toString(value));
  }

  private ConfigException at(Node node, String what) {
    int line = node == null ? 0 : node.getStartMark().map(Mark::getLine).orElse(-1) + 1;
    return new ConfigException(file, line, what);
  }
}

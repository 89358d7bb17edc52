package io.drva.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every command has in common, and the configuration that {@code serve} refuses. */
class MainCommandTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "serve ",
        "demo ",
        "recover ",
        "verify ",
        "points ",
        "volume ",
        "volume create ",
        "volume show ",
        "volume check ",
        "volume grow ",
        "volume truncate ",
        "volume discard "
      })
  void explainsItself(String command) {
    String help = Cli.succeed((command + "--help").split(" ", -1));
    assertTrue(help.startsWith("Usage: drva " + command.strip()), help);
    assertTrue(help.contains("Example") || help.contains("A configuration"), help);
  }

  @Test
  void tellsItsVersionAndFormats() {
    String version = Cli.succeed("--version");
    assertTrue(
        version.startsWith("drva ") && version.contains("protocol 1, object format 1"), version);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "serve",
        "recover --store dir:x --domain trial",
        "verify --domain trial",
        "points --store dir:x"
      })
  void answersWrongArgumentsWithAUsage(String command) {
    Cli run = Cli.run(command.isEmpty() ? new String[0] : command.split(" ", -1));
    assertEquals(2, run.exitCode(), run::toString);
    assertEquals("", run.out());
    assertTrue(run.err().contains("Usage: drva"), run.err());
  }

  @Test
  void suggestsACommandForAMisspeltOne() {
    Cli run = Cli.run("recovr");
    assertEquals(2, run.exitCode(), run::toString);
    assertEquals("", run.out());
    assertTrue(run.err().contains("'recovr'") && run.err().contains("drva recover"), run.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          store: dir:/srv;volume:;  path: /log;window: huge      | :4: window: expected a size
          store: dir:/srv;volume: {path: /log};sotre: x          | :3: sotre: unknown key
          store: dir:/srv;volume: {path: /log};segment: {age: 1d} | :3: segment.age: expected a time
          store: dir:/srv;volume: {path: /log};domains: [X]      | :3: domains: 'X' must be
          store: dir:/srv;volume: [                              | :3: not valid YAML
          """)
  void namesFileLineAndKeyOfABadConfiguration(String lines, String expected) throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("drva.yaml"), lines.stripTrailing().replace(";", "\n") + "\n");
    String refused = Cli.fail(2, "serve", "--config", config.toString());
    assertTrue(refused.startsWith("drva: " + config + expected.strip()), refused);
  }

  @Test
  void namesAStoreInTheConfigurationThatIsNone() throws IOException {
    Path volume = folder.resolve("volume");
    Path config =
        Files.writeString(
            folder.resolve("drva.yaml"), "store: bogus\nvolume: {path: " + volume + "}\n");
    String refused = Cli.fail(2, "serve", "--config", config.toString());
    assertTrue(
        refused.startsWith("drva: " + config + ":1: store: not an object store: 'bogus'"), refused);
    assertTrue(Files.notExists(volume));
  }

  @Test
  void namesAConfigurationThatIsNotThere() {
    Path absent = folder.resolve("absent.yaml");
    assertEquals(
        "drva: " + absent + ": no such file", Cli.fail(2, "serve", "--config", absent.toString()));
  }
}

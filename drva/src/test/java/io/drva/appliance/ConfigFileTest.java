package io.drva.appliance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("drva.yaml"), text);
  }

  @Test
  void defaultsNeedOnlyStoreAndPath() throws Exception {
    ApplianceConfig config = ConfigFile.read(file("store: dir:/srv\nvolume: {path: /log}\n"));
    assertEquals("dir:/srv", config.store());
    assertEquals(Path.of("/log"), config.volumePath());
    assertEquals(ApplianceConfig.LISTEN_PORT, config.listen().getPort());
    assertEquals(ApplianceConfig.SEGMENT_AGE_MS, config.segmentAgeMs());
    assertEquals(List.of(), config.domains());
  }

  @Test
  void readsEveryKey() throws Exception {
    ApplianceConfig config =
        ConfigFile.read(
            file(
                """
                store: azure:https://x
                volume: {path: /log}
                listen: 127.0.0.1:1
                control: 127.0.0.1:2
                domains: [one, two-2]
                segment: {size: 1MiB, age: 2s}
                uploads: 8
                window: 4MiB
                allowPlaintext: false
                """));
    assertEquals(Path.of("/log"), config.volumePath());
    assertEquals(List.of("one", "two-2"), config.domains());
    assertEquals(1 << 20, config.segmentBytes());
    assertEquals(2000, config.segmentAgeMs());
    assertEquals(8, config.uploadsInFlight());
    assertEquals(4 << 20, config.windowBytes());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          store: dir:/s                                          | : volume.path: is missing
          volume: {path: /l}                                     | : store: is missing
          store: dir:/s;volume: {path: /l};sotre: y              | :3: sotre: unknown key; known are [allowPlaintext, control, domains, listen, segment, store, uploads, volume, window]
          store: dir:/s;store: y;volume: {path: /l}              | :2: store: given twice
          store: dir:/s;volume: {path: /l, size: 8GiB}           | :2: volume.size: unknown key; known are [path]; a volume has the size that 'drva volume create' gave it, and 'drva volume grow' changes it
          store: dir:/s;volume: {path: /l};window: 8Gb           | :3: window: expected a size such as 64MiB or 8GiB, found '8Gb'
          store: dir:/s;volume: {path: /l};window: 1MiB          | :3: window: 1MiB is outside 2MiB to 256MiB
          store: dir:/s;volume: {path: /l};segment: {age: 1d}    | :3: segment.age: expected a time such as 500ms or 2s, found '1d'
          store: dir:/s;volume: {path: /l};segment: {age: 1ms}   | :3: segment.age: 1ms is outside 10ms to 1h
          store: dir:/s;volume: {path: /l};uploads: 99           | :3: uploads: 99 is outside 1 to 16
          store: dir:/s;volume: {path: /l};domains: [Finance]    | :3: domains: 'Finance' must be 3 to 63 lower-case letters, digits and single hyphens between them
          store: dir:/s;volume: {path: /l};domains: [aaa, aaa]   | :3: domains: 'aaa' is given twice
          store: dir:/s;volume: {path: /l};domains: aaa          | :3: domains: expected a list of names
          store: dir:/s;volume: {path: /l};listen: 127.0.0.1     | :3: listen: expected HOST:PORT, found '127.0.0.1'
          store: dir:/s;volume: {path: /l};control: 0.0.0.0:1    | :3: control: must be a loopback address, the control API has no authentication
          store: dir:/s;volume: {path: /l};allowPlaintext: maybe | :3: allowPlaintext: expected true or false
          store: dir:/s;volume: [/l]                             | :2: volume: expected keys and values
          store: [x];volume: {path: /l}                          | :1: store: expected a single value
          volume: {path: /l};store: /srv                         | :2: store: not an object store: '/srv'; use dir:PATH or azure:https://ACCOUNT.blob.core.windows.net
          volume: {path: /l};store: azure:acct                   | :2: store: the endpoint of an Azure account is an http(s) address without a query, like https://ACCOUNT.blob.core.windows.net; a SAS token goes into AZURE_STORAGE_SAS_TOKEN
          store: dir:/s;volume:;  path: "a\\0b"                  | :3: volume.path: expected a path: Nul character not allowed
          """)
  void namesFileLineAndKeyOfAMistake(String lines, String expected) throws IOException {
    Path file = file(lines.strip().replace(";", "\n"));
    ConfigException e = assertThrows(ConfigException.class, () -> ConfigFile.read(file));
    assertEquals(file + expected.strip(), e.getMessage());
  }

  @Test
  void refusesPlaintextBeyondLoopbackUnlessAllowed() throws Exception {
    String base = "store: dir:/s\nvolume: {path: /l}\nlisten: 0.0.0.0:7440\n";
    assertThrows(ConfigException.class, () -> ConfigFile.read(file(base)));
    assertEquals(7440, ConfigFile.read(file(base + "allowPlaintext: true\n")).listen().getPort());
  }

  @Test
  void tellsOfWhatIsNoConfiguration() throws Exception {
    assertThrows(ConfigException.class, () -> ConfigFile.read(folder.resolve("absent")));
    assertThrows(ConfigException.class, () -> ConfigFile.read(file("")));
    assertThrows(ConfigException.class, () -> ConfigFile.read(file("a: [")));
    assertThrows(ConfigException.class, () -> ConfigFile.read(folder));
    Files.write(folder.resolve("drva.yaml"), new byte[] {(byte) 0xC3, 0x28});
    assertThrows(ConfigException.class, () -> ConfigFile.read(folder.resolve("drva.yaml")));
  }
}

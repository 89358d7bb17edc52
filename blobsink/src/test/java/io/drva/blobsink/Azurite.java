package io.drva.blobsink;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.common.sas.AccountSasPermission;
import com.azure.storage.common.sas.AccountSasResourceType;
import com.azure.storage.common.sas.AccountSasService;
import com.azure.storage.common.sas.AccountSasSignatureValues;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * An Azurite of its own on a free port of this machine: what speaks the protocol of Azure Blob in
 * tests. The npm package is installed once, from the lock file beside the tests, under {@code
 * blobsink/target}.
 */
public final class Azurite implements AutoCloseable {
  private static final String LISTENS = "successfully listens on ";
  private static final String ACCOUNT = "drvatest";
  private static final String SOURCE = "blobsink/src/test/azurite";
  private static final List<String> FILES = List.of("package.json", "package-lock.json", ".npmrc");
  private static final int INSTALL_MINUTES_MAX = 5;

  private final Process process;
  private final String endpoint;
  private final Map<String, String> environment;

  private Azurite(Process process, String endpoint, String key) {
    this.process = process;
    this.endpoint = endpoint;
    this.environment = Map.of("AZURE_STORAGE_ACCOUNT", ACCOUNT, "AZURE_STORAGE_KEY", key);
  }

  /**
   * Starts one; without node and npm the test is skipped, but fails where {@code CI=true}.
   *
   * @param data an empty folder for what is stored; it grows without bound
   */
  public static Azurite start(Path data) throws IOException, InterruptedException {
    return start(data, List.of());
  }

  /**
   * Starts one with https and identities: any token whose audience is Azure Storage is taken.
   *
   * @param certificate a PKCS #12 file
   */
  public static Azurite startSecure(Path data, Path certificate, String password)
      throws IOException, InterruptedException {
    return start(
        data, List.of("--oauth", "basic", "--cert", certificate.toString(), "--pwd", password));
  }

  private static Azurite start(Path data, List<String> options)
      throws IOException, InterruptedException {
    Programs.require("node");
    Programs.require("npm");
    Path main = installed().resolve("node_modules/azurite/dist/src/blob/main.js");
    String key =
        Base64.getEncoder().encodeToString("a key for tests on this machine".getBytes(UTF_8));
    ProcessBuilder builder =
        new ProcessBuilder(
                "node",
                main.toString(),
                "--skipApiVersionCheck",
                "--disableTelemetry",
                "--silent",
                "--location",
                data.toString(),
                "--blobHost",
                "127.0.0.1",
                "--blobPort",
                "0")
            .redirectErrorStream(true);
    builder.command().addAll(options);
    builder.environment().put("AZURITE_ACCOUNTS", ACCOUNT + ":" + key);
    Process process = builder.start();
    // Left open: it prints a line or two more when it ends.
    BufferedReader output = process.inputReader(UTF_8);
    List<String> seen = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      seen.add(line);
      int at = line.indexOf(LISTENS);
      if (at >= 0) {
        return new Azurite(
            process, line.substring(at + LISTENS.length()).strip() + "/" + ACCOUNT, key);
      }
    }
    throw new IOException("Azurite did not start: " + seen);
  }

  private static Path installed() throws IOException, InterruptedException {
    Path root = root();
    Path source = root.resolve(SOURCE);
    Path target = root.resolve("blobsink/target/azurite");
    Files.createDirectories(target);
    try (FileChannel lockFile =
            FileChannel.open(
                target.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lockFile.lock()) {
      if (!lock.isValid()) {
        throw new IOException("cannot lock " + target);
      }
      Path complete = target.resolve(".complete");
      boolean current =
          Files.exists(complete)
              && Files.mismatch(complete, source.resolve("package-lock.json")) == -1;
      if (!current) {
        Files.deleteIfExists(complete);
        for (String file : FILES) {
          Files.copy(
              source.resolve(file), target.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        install(target);
        Files.copy(source.resolve("package-lock.json"), complete);
      }
    }
    return target;
  }

  private static void install(Path target) throws IOException, InterruptedException {
    Path log = target.resolve("npm-ci.log");
    Process npm =
        new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            .directory(target.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!npm.waitFor(INSTALL_MINUTES_MAX, TimeUnit.MINUTES) || npm.exitValue() != 0) {
      npm.destroy();
      throw new IOException("npm ci failed: " + Files.readString(log));
    }
  }

  /** The folder of the whole build, whichever module's tests are running. */
  private static Path root() throws IOException {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.isDirectory(folder.resolve(SOURCE))) {
      folder = folder.getParent();
    }
    if (folder == null) {
      throw new IOException("there is no " + SOURCE + " above the working directory");
    }
    return folder;
  }

  /** What to give to {@link ObjectStores#open} as address. */
  public String uri() {
    return "azure:" + endpoint;
  }

  /** What to give to {@link ObjectStores#open} as environment; also that of another process. */
  public Map<String, String> environment() {
    return environment;
  }

  /** A SAS for the whole account, good until the given moment. */
  public String sas(OffsetDateTime expiry) {
    return new BlobServiceClientBuilder()
        .endpoint(endpoint)
        .credential(new StorageSharedKeyCredential(ACCOUNT, environment.get("AZURE_STORAGE_KEY")))
        .buildClient()
        .generateAccountSas(
            new AccountSasSignatureValues(
                expiry,
                AccountSasPermission.parse("rwlca"),
                AccountSasService.parse("b"),
                AccountSasResourceType.parse("sco")));
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}

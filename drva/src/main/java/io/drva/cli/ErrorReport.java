package io.drva.cli;

import io.drva.appliance.ConfigException;
import io.drva.appliance.ControlException;
import io.drva.blobsink.CorruptObjectException;
import io.drva.blobsink.StoreException;
import io.drva.demo.InvalidTraceException;
import java.io.IOException;
import picocli.CommandLine;

/** Tells an operator's error in one line; a stack trace is for a defect of ours. */
final class ErrorReport implements CommandLine.IExecutionExceptionHandler {
  @Override
  public int handleExecutionException(
      Exception e, CommandLine command, CommandLine.ParseResult arguments) throws Exception {
    int code =
        switch (e) {
          case OperatorException known -> known.exitCode();
          case ConfigException _, InvalidTraceException _ -> Main.USAGE;
          case ControlException _, CorruptObjectException _, StoreException _, IOException _ ->
              Main.FAILED;
          default -> throw e;
        };
    command.getErr().println("drva: " + describe(e));
    command.getErr().flush();
    return code;
  }

  /**
   * The message; for the JDK's file exceptions, whose message is only a path, with what happened to
   * it.
   */
  private static String describe(Exception e) {
    return switch (e) {
      case java.nio.file.NoSuchFileException missing -> missing.getFile() + ": no such file";
      case java.nio.file.AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case java.nio.file.FileAlreadyExistsException existing ->
          existing.getFile() + ": exists already";
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }
}

package io.drva.kill;

import io.drva.appliance.EarlyAcknowledgement;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * An acknowledgement before the append, put into the appliance on purpose: where the log writer
 * says that it has appended a frame to the group in memory, {@link EarlyAcknowledgement} is called
 * instead.
 */
final class Fault {
  private static final String PLACE = "io/drva/appliance/LogWriter.class";
  private static final ClassDesc SESSION = ClassDesc.of("io.drva.appliance.SessionProgress");
  private static final String METHOD = "appended";
  private static final MethodTypeDesc TYPE = MethodTypeDesc.ofDescriptor("(JJ)Z");
  private static final ClassDesc INSTEAD = ClassDesc.of(EarlyAcknowledgement.class.getName());

  private Fault() {}

  /** Writes a jar whose classes are to be found before those of the distribution. */
  static Path write(Path jar) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(file)) {
      put(entries, PLACE, redirected(bytes(PLACE)));
      String instead = EarlyAcknowledgement.class.getName().replace('.', '/') + ".class";
      put(entries, instead, bytes(instead));
    }
    return jar;
  }

  private static void put(JarOutputStream entries, String name, byte[] content) throws IOException {
    entries.putNextEntry(new JarEntry(name));
    entries.write(content);
    entries.closeEntry();
  }

  private static byte[] bytes(String name) throws IOException {
    try (InputStream content = EarlyAcknowledgement.class.getResourceAsStream("/" + name)) {
      return content.readAllBytes();
    }
  }

  private static byte[] redirected(byte[] logWriter) {
    AtomicInteger calls = new AtomicInteger();
    CodeTransform redirect =
        (code, element) -> {
          if (element instanceof InvokeInstruction call
              && call.owner().asSymbol().equals(SESSION)
              && call.name().equalsString(METHOD)
              && call.typeSymbol().equals(TYPE)) {
            calls.incrementAndGet();
            code.invokestatic(INSTEAD, METHOD, TYPE.insertParameterTypes(0, SESSION));
          } else {
            code.with(element);
          }
        };
    ClassFile format = ClassFile.of();
    byte[] faulty =
        format.transformClass(
            format.parse(logWriter), ClassTransform.transformingMethodBodies(redirect));
    if (calls.get() != 1) {
      throw new IllegalStateException(PLACE + " has " + calls + " places for the fault");
    }
    return faulty;
  }
}

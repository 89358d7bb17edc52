package io.drva.powercut;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fault on purpose, which a power cut must bring to light: where the group commit asks the disk
 * to force a cycle file, a copy of the distribution does this instead.
 */
enum Fault {
  ACKNOWLEDGEMENT_BEFORE_THE_FORCE(LateForce.class),
  FORCE_OF_THE_WRONG_FILE(WrongForce.class);

  private static final String PLACE = "io/drva/logstore/CycleFile.class";
  private static final String METHOD = "force";
  private static final MethodTypeDesc TYPE =
      MethodTypeDesc.of(ConstantDescs.CD_void, FileChannel.class.describeConstable().orElseThrow());

  private final Class<?> instead;

  Fault(Class<?> instead) {
    this.instead = instead;
  }

  void putInto(Path distribution) throws IOException {
    try (DirectoryStream<Path> jars =
        Files.newDirectoryStream(distribution.resolve("lib"), "logstore-*.jar")) {
      for (Path jar : jars) {
        try (FileSystem content = FileSystems.newFileSystem(jar)) {
          Path place = content.getPath(PLACE);
          Files.write(place, redirect(Files.readAllBytes(place)));
          String name = instead.getName().replace('.', '/') + ".class";
          Files.createDirectories(content.getPath(name).getParent());
          try (InputStream own = instead.getResourceAsStream("/" + name)) {
            Files.copy(own, content.getPath(name));
          }
        }
      }
    }
  }

  private byte[] redirect(byte[] cycleFile) {
    ClassFile classFile = ClassFile.of();
    ClassDesc target = instead.describeConstable().orElseThrow();
    MethodTypeDesc type = TYPE.insertParameterTypes(0, ConstantDescs.CD_Object);
    AtomicInteger redirected = new AtomicInteger();
    CodeTransform call =
        (code, element) -> {
          if (element instanceof InvokeInstruction invoke
              && invoke.name().equalsString(METHOD)
              && invoke.typeSymbol().equals(TYPE)) {
            redirected.incrementAndGet();
            code.invokestatic(target, METHOD, type);
          } else {
            code.with(element);
          }
        };
    byte[] changed =
        classFile.transformClass(
            classFile.parse(cycleFile), ClassTransform.transformingMethodBodies(call));
    if (redirected.get() != 1) {
      throw new IllegalStateException(PLACE + " asks for a force in " + redirected + " places");
    }
    return changed;
  }
}

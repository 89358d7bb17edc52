package io.drva;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the arrows that ARCHITECTURE.md draws. */
class ArchitectureTest {
  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.drva");
  }

  @Test
  void protocolLogstoreAndBlobsinkKnowNothingOfEachOtherOrOfTheAppliance() {
    String[] pillars = {"io.drva.protocol..", "io.drva.logstore..", "io.drva.blobsink.."};
    for (String pillar : pillars) {
      noClasses()
          .that()
          .resideInAPackage(pillar)
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.drva..").and(DescribedPredicate.not(resideInAPackage(pillar))))
          .check(classes);
    }
  }

  @Test
  void recoveryNeedsOnlyTheContainer() {
    noClasses()
        .that()
        .resideInAPackage("io.drva.recovery..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.drva.protocol..",
            "io.drva.logstore..",
            "io.drva.appliance..",
            "io.drva.cli..",
            "io.drva.demo..")
        .check(classes);
  }

  @Test
  void theApplianceKnowsNothingOfItsCommandLineOrDemo() {
    noClasses()
        .that()
        .resideInAPackage("io.drva.appliance..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.drva.cli..", "io.drva.demo..")
        .check(classes);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.drva.(*)..").should().beFreeOfCycles().check(classes);
  }

  /**
   * Clock and randomness are injected; the classes named here are the places where they come in.
   */
  @Test
  void clocksAndRandomnessComeFromAdapters() {
    noClasses()
        .that()
        .haveSimpleNameNotEndingWith("Clock")
        .and()
        .doNotHaveSimpleName("Platform")
        .and()
        .doNotHaveSimpleName("SystemDisk")
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callConstructor(Random.class)
        .check(classes);
  }

  @Test
  void onlyTheCommandLinePrints() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.drva.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(classes);
  }
}

package io.upstream4j.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The order of packages that ARCHITECTURE.md draws. */
class PackagesTest {
  private static final String CORE = "io.upstream4j.core";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(CORE);

  @Test
  void noPackagesDependOnEachOther() {
    slices().matching("io.upstream4j.core.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void nothingDependsOnTheFaceOfUpstreams() {
    noClasses()
        .that()
        .resideOutsideOfPackage(CORE)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(CORE)
        .check(CLASSES);
  }

  @Test
  void connectionsKnowNothingOfUpstreams() {
    noClasses()
        .that()
        .resideInAnyPackage(CORE + ".connect..", CORE + ".peer", CORE + ".http", CORE + ".http1")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            CORE + ".backends",
            CORE + ".config",
            CORE + ".discovery",
            CORE + ".event",
            CORE + ".health",
            CORE + ".plugin",
            CORE + ".runtime",
            CORE + ".stats")
        .check(CLASSES);
  }

  @Test
  void valuesKnowNothingOfWhatMakesThem() {
    noClasses()
        .that()
        .resideInAnyPackage(CORE + ".event", CORE + ".stats")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(CORE + ".backends", CORE + ".health", CORE + ".runtime")
        .check(CLASSES);
  }
}

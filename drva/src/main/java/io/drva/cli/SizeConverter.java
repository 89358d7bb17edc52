package io.drva.cli;

import io.drva.appliance.ConfigFile;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A size such as 64KiB on the command line, by the rules of the configuration file. */
final class SizeConverter implements ITypeConverter<Long> {
  @Override
  public Long convert(String text) {
    return ConfigFile.parseBytes(text)
        .orElseThrow(
            () ->
                new TypeConversionException("'" + text + "' is not a size such as 64KiB or 1GiB"));
  }
}

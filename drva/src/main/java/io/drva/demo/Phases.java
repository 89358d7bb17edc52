package io.drva.demo;

/** Is told how far a long operation has come. Any thread. */
public interface Phases {
  /** Tells nobody. */
  Phases SILENT =
      new Phases() {
        @Override
        public void begin(String phase, long totalBytes) {}

        @Override
        public void progressed(long doneBytes) {}
      };

  void begin(String phase, long totalBytes);

  void progressed(long doneBytes);
}

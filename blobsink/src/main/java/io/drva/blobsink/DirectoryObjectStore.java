package io.drva.blobsink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Containers as folders of a directory, on a local or shared file system that has hard links. A
 * directory that does not exist is made with its first container: opening touches nothing.
 */
final class DirectoryObjectStore implements ObjectStore {
  private final Path root;
  private final DirectFiles files;

  private DirectoryObjectStore(Path root, DirectFiles files) {
    this.root = root;
    this.files = files;
  }

  static DirectoryObjectStore open(Path path) throws StoreException {
    Path root = path.toAbsolutePath().normalize();
    Path existing = Files.exists(root) ? root : root.getParent();
    try {
      if (Files.exists(existing) && !Files.isDirectory(existing)) {
        throw new NotDirectoryException(existing.toString());
      }
      return new DirectoryObjectStore(root, new DirectFiles(existing));
    } catch (IOException e) {
      throw StoreException.ofStore(
          StoreException.Reason.IO,
          "open",
          "dir:" + root,
          "cannot be used as a directory store: "
              + DirectoryContainer.text(e)
              + "; it must be a folder, or the name of one to be made in a folder that exists",
          e);
    }
  }

  @Override
  public Container container(String domain) {
    return new DirectoryContainer(root.resolve(ObjectStores.checkDomain(domain)), domain, files);
  }

  @Override
  public List<String> domains() throws IOException {
    List<String> names = new ArrayList<>();
    try {
      for (Path folder : DirectoryContainer.entries(root)) {
        String name = folder.getFileName().toString();
        if (ObjectStores.isDomain(name)
            && Files.isRegularFile(folder.resolve(ObjectNames.DESCRIPTOR))) {
          names.add(name);
        }
      }
    } catch (IOException e) {
      throw StoreException.ofStore(
          StoreException.Reason.IO, "list", location(), DirectoryContainer.text(e), e);
    }
    Collections.sort(names);
    return names;
  }

  @Override
  public String location() {
    return "dir:" + root;
  }

  @Override
  public void close() {
    // Files are open during operations only.
  }

  @Override
  public String toString() {
    return location();
  }
}

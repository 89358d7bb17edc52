package io.drva.blobsink;

/**
 * A disk as a segment describes it, at that segment's end.
 *
 * @param number the domain's number for the disk, from 1
 * @param sectorBytes 512 or 4,096
 * @param capacityBytes the disk's size
 * @param baseline how far the initial copy is
 * @param vm the VM's name
 * @param disk the disk's name within the VM
 */
public record DiskInfo(
    int number,
    int sectorBytes,
    long capacityBytes,
    BaselineState baseline,
    String vm,
    String disk) {}

package io.drva.logstore;

/**
 * What the log knows of a disk.
 *
 * @param number the domain's number for the disk, from 1
 * @param vm the virtual machine's name
 * @param disk the disk's name within the machine
 * @param capacityBytes its size
 * @param sectorBytes its sector size
 */
public record DiskState(int number, String vm, String disk, long capacityBytes, int sectorBytes) {}

package io.drva.kill;

/**
 * A thread of the appliance that is held at a system call.
 *
 * @param thread the first 15 characters of its name
 * @param call the system call
 * @param arguments what strace shows of them
 * @param done whether the call has been made; otherwise it never will be
 */
record Held(String thread, String call, String arguments, boolean done) {}

/** CPU time that this process has used so far, with all its threads. */
export function ownCpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

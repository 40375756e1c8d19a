import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A volume of our own that is soon full. */
export interface SmallVolume {
  readonly path: string;
  /** Fills it, up to so many bytes. */
  fill(bytesLeft: number): void;
  /** Takes away what `fill` put there. */
  free(): void;
  remove(): void;
}

/** Mounts a volume in memory; `null` where neither this user nor `sudo` may. */
export function mountSmallVolume(megabytes: number): SmallVolume | null {
  const path = mkdtempSync(join(tmpdir(), 'ringlatch-volume-'));
  const words = ['mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=1777`, 'tmpfs', path];
  const prefix = [[], ['sudo', '-n']].find((first) => isDone([...first, ...words]));
  if (prefix === undefined) {
    rmSync(path, { recursive: true });
    return null;
  }
  const remove = (): void => {
    process.off('exit', remove);
    // Lazily: a server that was killed may still be on its way out.
    isDone([...prefix, 'umount', '-l', path]);
    rmSync(path, { recursive: true, force: true });
  };
  process.once('exit', remove);
  const ballast = join(path, 'ballast');
  return {
    path,
    fill(bytesLeft) {
      const file = openSync(ballast, 'a');
      const { bavail, bsize } = statfsSync(path);
      let room = Math.max(0, bavail * bsize - bytesLeft);
      try {
        while (room > 0) room -= writeSync(file, Buffer.alloc(Math.min(room, 65_536)));
      } catch (error) {
        // Others write there too.
        if ((error as { code?: unknown }).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove,
  };
}

function isDone([program = '', ...words]: readonly string[]): boolean {
  return spawnSync(program, words, { stdio: 'ignore' }).status === 0;
}

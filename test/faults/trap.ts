import type { Stores } from './acknowledged.ts';
import type { Loss, TcpProxy } from './tcp-proxy.ts';

/** Where connections break in one visit, verb by verb. */
export type Course = readonly string[];

/** Stores that tell the proxy to break when the next verb of a course is called. */
export interface Trap {
  readonly stores: Stores;
  set(course: Course, loss: Loss): void;
  readonly isSprung: () => boolean;
}

/** The same stores with a trap in them. */
export function trapped(stores: Stores, proxy: TcpProxy): Trap {
  let course: string[] = [];
  let loss: Loss = 'reply';
  const watched = <Port extends object>(name: string, port: Port): Port =>
    Object.fromEntries(
      Object.entries(port).map(([verb, run]) => [
        verb,
        (input: unknown) => {
          if (course[0] === `${name}.${verb}`) {
            course.shift();
            proxy.lose(loss);
          }
          return (run as (input: unknown) => unknown)(input);
        },
      ]),
    ) as Port;
  const singly = {
    challenges: watched('challenges', stores.challenges),
    sessions: watched('sessions', stores.sessions),
    users: watched('users', stores.users),
  };
  return {
    stores: stores.joined === undefined ? singly : { ...singly, joined: { ...watched('joined', stores.joined), ...singly } },
    set(next, nextLoss) {
      course = [...next];
      loss = nextLoss;
    },
    isSprung: () => course.length === 0,
  };
}

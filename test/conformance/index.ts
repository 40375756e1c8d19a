export type { ConformanceCase, Open, Opened, RaceOptions } from './case.ts';
export { challengeStoreCases } from './challenge-store.ts';
export { sessionStoreCases } from './session-store.ts';
export { type UserStoreOptions, userStoreCases } from './user-store.ts';

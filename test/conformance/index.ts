export type { ConformanceCase, Open, Opened, RaceOptions } from './case.ts';
export { challengeStoreCases } from './challenge-store.ts';
export { checkHistory, type Violation } from './check-history.ts';
export {
  type History,
  type Operation,
  type OperationOf,
  type RecordableStores,
  type Recording,
  recordHistory,
  type Span,
  type UserDeletion,
} from './history.ts';
export { type HttpHostOptions, httpHostCases } from './http-host.ts';
export type { HttpHost, HttpHostSetup, OpenHttpHost } from './http-world.ts';
export type { JoinedStoreOptions } from './joined-fixture.ts';
export { joinedStoreCases } from './joined-store.ts';
export { type PasswordHasherOptions, passwordHasherCases } from './password-hasher.ts';
export { type ProcessesOptions, type StoreProcesses, serveStores, startStoreProcesses } from './processes.ts';
export { sessionStoreCases } from './session-store.ts';
export { type OpenedSender, type Provider, type SmsSenderOptions, smsSenderCases } from './sms-sender.ts';
export { type OpenedIssuer, type TokenIssuerOptions, tokenIssuerCases } from './token-issuer.ts';
export { type UserStoreOptions, userStoreCases } from './user-store.ts';

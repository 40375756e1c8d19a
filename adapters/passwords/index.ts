export { type ChainedPasswordsOptions, chainedPasswords } from './chained.ts';
export { djangoPasswords } from './django.ts';
export { type NodePasswordsOptions, nodePasswords } from './node.ts';
export type { PasswordVerifier } from './verifier.ts';
export { werkzeugPasswords } from './werkzeug.ts';

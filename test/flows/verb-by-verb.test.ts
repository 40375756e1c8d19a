import { describe } from 'vitest';
import { takeWay } from './stage.ts';

// The stories of signing in, over a storage that joins nothing: whatever they say must hold on both ways.
takeWay('verb by verb');
describe('verb by verb', async () => {
  await import('./accounts.test.ts');
  await import('./purposes.test.ts');
  await import('./redeem-code.test.ts');
  await import('./context-and-reference.test.ts');
  await import('./phone-binding.test.ts');
  await import('./decoys.test.ts');
  await import('./dormancy.test.ts');
  await import('./lanes.test.ts');
  await import('./device-tokens.test.ts');
  await import('./test-numbers.test.ts');
  await import('./secret-rotation.test.ts');
  await import('./passwords.test.ts');
  await import('./passwords-limits.test.ts');
  await import('./refresh-session.test.ts');
});

import { describe, expect, it } from 'vitest';
import { joseTokens } from '../../adapters/tokens/jose.ts';
import { failure, randomSecret, type Stage, stage } from './stage.ts';
import { owner, sending, stranger, untilRefused } from './strangers.ts';

const DAY = 86_400;

describe('a device token', () => {
  /** `known` where only a known device gets a code. */
  async function laneOf(s: Stage, phoneNumber: string, deviceToken: string): Promise<'known' | 'unknown'> {
    await untilRefused(
      s,
      sending(s, stranger, () => phoneNumber),
    );
    return s.request({ phoneNumber, client: { ip: null, deviceToken } }).then(
      () => 'known' as const,
      async (error: unknown) => {
        expect((await failure(Promise.reject(error), 'rate_limited')).details.limit).toBe('sendsPerNumber');
        return 'unknown' as const;
      },
    );
  }

  const open = { code: { resendAfterSeconds: [0] }, limits: { smsPerDay: 10_000, sendsPerNumber: [{ max: 1, windowSeconds: DAY }] } };

  it('that is ours selects the lane', async () => {
    const s = stage(open);
    const { phoneNumber, deviceToken } = await owner(s);
    expect(await laneOf(s, phoneNumber, deviceToken)).toBe('known');
  });

  it('with any character changed, cut or added selects none', async () => {
    const s = stage(open);
    const { phoneNumber, deviceToken } = await owner(s);
    const changed = [...deviceToken].map(
      (letter, at) => deviceToken.slice(0, at) + (letter === 'A' ? 'B' : 'A') + deviceToken.slice(at + 1),
    );
    const forged = [...changed, deviceToken.slice(1), deviceToken.slice(0, -4), `${deviceToken}AAAA`, `${deviceToken}=`, ` ${deviceToken}`];
    for (const one of forged) expect(await laneOf(s, phoneNumber, one)).toBe('unknown');
  });

  it('that is none selects none', async () => {
    const s = stage(open);
    const { phoneNumber, deviceToken, accessToken, refreshToken, userId } = await owner(s);
    const nonsense = [
      '',
      'x',
      '\u0000',
      '🙂',
      userId,
      phoneNumber,
      accessToken,
      refreshToken,
      deviceToken.repeat(2),
      'A'.repeat(1_000_000),
    ];
    for (const one of nonsense) expect(await laneOf(s, phoneNumber, one)).toBe('unknown');
  });

  it('of somebody else selects none', async () => {
    const s = stage(open);
    const [one, other] = [await owner(s), await owner(s)];
    expect(await laneOf(s, one.phoneNumber, other.deviceToken)).toBe('unknown');
  });

  it('of another program selects none', async () => {
    const s = stage(open);
    const { phoneNumber, userId } = await owner(s);
    const { deviceToken } = await s.beside({ secret: randomSecret() }).startSession({ userId, client: s.client });
    expect(await laneOf(s, phoneNumber, deviceToken)).toBe('unknown');
  });

  it('lives 180 days', async () => {
    const s = stage(open);
    const { phoneNumber, deviceToken } = await owner(s);
    s.clock.advance(179 * DAY - 0.001);
    expect(await laneOf(s, phoneNumber, deviceToken)).toBe('known');
    s.clock.advance(0.001);
    expect(await laneOf(s, phoneNumber, deviceToken)).toBe('unknown');
  });

  it('dies with a change of number', async () => {
    const s = stage(open);
    const { userId, deviceToken } = await owner(s);
    const moved = await s.request({ purpose: 'change-phone-number', userId });
    await s.auth.changePhoneNumber({ userId, challengeId: moved.challengeId, code: moved.code, client: s.client });
    await s.auth.drain();
    expect(await laneOf(s, moved.phoneNumber, deviceToken)).toBe('unknown');
    const { deviceToken: next } = await s.auth.startSession({ userId, client: s.client });
    expect(await laneOf(s, moved.phoneNumber, next)).toBe('known');
  });

  it('authenticates nobody', async () => {
    const s = stage();
    const { phoneNumber, deviceToken, device } = await owner(s);
    await failure(s.auth.verifyAccessToken({ accessToken: deviceToken }), 'invalid_token');
    await failure(s.auth.refreshSession({ refreshToken: deviceToken, client: device }), 'invalid_session');
    await failure(s.auth.loginWithCode({ proof: deviceToken, client: device }), 'invalid_proof');
    await failure(s.auth.loginWithPassword({ phoneNumber, password: deviceToken, client: device }), 'invalid_credentials');
    const { challengeId, wrong } = await s.request({ phoneNumber, client: device });
    await failure(s.auth.loginWithCode({ challengeId, code: wrong, client: device }), 'invalid_code');
  });

  it('keeps its lane, and what was used of it, over a rotation of secrets', async () => {
    const [old, fresh] = [randomSecret(), randomSecret()];
    const s = stage({ ...open, secret: old, tokens: joseTokens({ secret: randomSecret() }) });
    const victim = await owner(s);
    const { phoneNumber, device, userId } = victim;
    const rotated = s.beside({ secret: [fresh, old] });
    expect(await laneOf(s, phoneNumber, victim.deviceToken)).toBe('known');
    for (let sends = 1; sends < 5; sends++) await rotated.requestCode({ phoneNumber, client: device });
    await failure(rotated.requestCode({ phoneNumber, client: device }), 'rate_limited');
    await failure(s.request({ phoneNumber, client: device }), 'rate_limited');
    const { deviceToken } = await rotated.startSession({ userId, client: s.client });
    s.clock.advance(DAY);
    await untilRefused(
      s,
      sending(s, stranger, () => phoneNumber),
    );
    // a neighbour that already knows the new secret reads what was made under it
    const neighbour = s.beside({ secret: [old, fresh, old] });
    for (const one of [rotated, neighbour]) await one.requestCode({ phoneNumber, client: { ip: null, deviceToken } });
    await failure(s.request({ phoneNumber, client: { ip: null, deviceToken } }), 'rate_limited');
  });
});

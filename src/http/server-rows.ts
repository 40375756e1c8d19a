import type { PhoneAuth } from '../create-phone-auth.ts';
import type { UserRecord } from '../ports/user-store.ts';
import { rawTextOf } from './body.ts';
import type { Row } from './row.ts';

/** What other servers ask: providers with receipts, and whoever verifies tokens by public keys. */
export function serverRows<User extends UserRecord, Profile>(auth: PhoneAuth<User, Profile>): readonly Row<User>[] {
  return [
    {
      name: 'receiveReceipts',
      method: 'POST',
      path: '/delivery/:sender',
      takesForeignBody: true,
      run: async (request, { deliveryUrl }) => {
        const { sender = '' } = request.params;
        const url = `${deliveryUrl}/${encodeURIComponent(sender)}${request.search}`;
        await auth.receiveReceipts({ sender, request: { method: request.method, url, header: request.header, body: rawTextOf(request) } });
        return { status: 204 };
      },
    },
    {
      name: 'jwks',
      method: 'GET',
      path: '/.well-known/jwks.json',
      run: async () => ({ status: 200, answer: await auth.jwks() }),
    },
  ];
}

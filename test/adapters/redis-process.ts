import { redisStorage } from '../../adapters/storage/redis.ts';
import { serveStores } from '../conformance/processes.ts';
import { type OpenClient, REDIS_DRIVER_NAMES, REDIS_DRIVERS } from './redis-clients.ts';

const clients = new Map<string, Promise<OpenClient>>();

// A process of its own on a server (`port/prefix`) or a cluster (`port,port,port/prefix`); the drivers take turns.
serveStores(async (place, index) => {
  const [address = '', prefix = ''] = place.split('/');
  const ports = address.split(',').map(Number);
  const driver = REDIS_DRIVERS[REDIS_DRIVER_NAMES[index % REDIS_DRIVER_NAMES.length] ?? 'ioredis'];
  const opening = clients.get(address) ?? (ports.length > 1 ? driver.openCluster(ports) : driver.open(ports[0] ?? 0));
  clients.set(address, opening);
  const { challenges, sessions } = redisStorage((await opening).client, { prefix });
  return { challenges, sessions };
});

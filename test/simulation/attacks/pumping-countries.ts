import { newTrace } from '../attempt.ts';
import type { Figure, Scenario } from '../figure.ts';
import { botnet, DEAR_BLOCKS, PRICES } from '../places.ts';
import { DAY_SECONDS, play } from '../program.ts';
import { moneyOf, mostPerDay, sumUntil } from '../statistics.ts';
import { createWorld } from '../world.ts';
import { pumping } from './pumping.ts';

const PER_DAY = 100;

/** That a day costs no more than it may. */
export const pumpingCountriesScenario: Scenario = {
  name: 'pumping many countries',
  attack: 'asks for codes to ten dear countries, all of which are allowed, from 100,000 addresses for 30 days; 100 a day may be spent',
  async run({ seed, addresses, days }) {
    const marks: number[] = [];
    const world = createWorld({
      seed,
      name: 'pumping countries',
      limits: { smsPerDay: 10_000, spend: { perDay: PER_DAY, pricePerSms: PRICES } },
      onEvent: (event) => {
        if (event.type === 'budget.reached' && event.limit === 'spend') marks.push(event.percent);
      },
    });
    const wanted = { blocks: DEAR_BLOCKS, nextAddress: botnet(addresses), perHour: 1000 };
    await play(world, [pumping(world, newTrace(), wanted)], days * DAY_SECONDS);
    await world.auth.drain();
    const money = moneyOf(world.sends);
    const figures: readonly Figure[] = [
      {
        what: 'money spent in the first 24 h',
        formula: `0.8 × spend.perDay ${PER_DAY}: the last fifth is for known devices`,
        predicted: 0.8 * PER_DAY,
        measured: sumUntil(world, money, DAY_SECONDS) / 1e6,
        must: 'be close',
      },
      {
        what: 'money spent in any 24 h',
        formula: `0.8 × spend.perDay ${PER_DAY}`,
        predicted: 0.8 * PER_DAY,
        measured: mostPerDay(money) / 1e6,
        must: 'not exceed',
      },
      {
        what: `rounds of the budget in ${days} days, each told by one event \`budget.reached\` at 50 %`,
        formula: `${days} × 24 h / 25 h: 24 slices, the running one counted whole`,
        predicted: (days * 24) / 25,
        measured: marks.filter((percent) => percent === 50).length,
        must: 'be close',
      },
    ];
    return figures;
  },
};

/** Sets the rate of a model: a new one at any rate, a known one by a fifth at most and once in 7 days. Rate keeper. */
import type { NetworkProvider } from '@ton/blueprint';

import { EmissionController, modelKey } from '../../wrappers/token';
import { accountIdOf, addressOfAccount } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import {
    decimalsOf,
    EMISSION_FLAGS,
    emissionStep,
    openEmission,
    parseTokens,
    requireEmissionRule,
    tokens,
} from '../lib/emission';
import { UsageError } from '../lib/errors';
import { time } from '../lib/format';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'setModelRate',
    about: 'Sets what 1,000 tokens of a model mint. From the rate keeper.',
    positionals: { model: 'name of the model', rate: 'tokens of the network for 1,000 tokens of the model' },
    flags: EMISSION_FLAGS,
};

async function main(session: Session): Promise<void> {
    const controller = await openEmission(session);
    const decimals = await decimalsOf(session);
    const name = await session.text('model');
    let key: bigint;
    try {
        key = modelKey(name);
    } catch (e) {
        throw new UsageError(e instanceof Error ? e.message : String(e));
    }
    const rate = parseTokens(await session.text('rate'), decimals, 'rate');
    const { rateKeeper } = await controller.getRoles();
    requireEmissionRule(
        accountIdOf(session.me) === rateKeeper,
        'ERROR_NOT_ROLE',
        session.wrongSender('rate keeper', addressOfAccount(rateKeeper)),
    );
    requireEmissionRule(rate > 0n, 'ERROR_RATE_STEP');
    const known = await controller.getRate(key);
    if (known.rate === rate) {
        session.say(`The rate of ${name} is ${tokens(rate, decimals)} already.`);
        session.report({ model: name, key: key.toString(16), rate });
        return;
    }
    if (known.rate === 0n) {
        const { models } = await controller.getUsageData();
        requireEmissionRule(models < 256n, 'ERROR_TOO_MANY_MODELS');
    } else {
        requireEmissionRule(
            rate >= known.low && rate <= known.high,
            'ERROR_RATE_STEP',
            `From ${tokens(known.rate, decimals)} it goes to ${tokens(known.low, decimals)} .. ${tokens(known.high, decimals)}.`,
        );
        requireEmissionRule(
            BigInt(await session.now(controller.address)) >= known.nextAt,
            'ERROR_RATE_TOO_SOON',
            `It may change from ${time(known.nextAt)} on.`,
        );
    }
    const before = known.rate === 0n ? 'a new model' : `${tokens(known.rate, decimals)} before`;
    const went = await session.execute([
        await emissionStep(controller, {
            title: `Rate of ${name}: ${tokens(rate, decimals)} for 1,000 tokens (${before})`,
            body: EmissionController.setModelRateBody({ name, rate, queryId: session.queryId() }),
            done: async () => (await controller.getRate(key)).rate === rate,
            awaited: 'the new rate applies',
        }),
    ]);
    session.report({ model: name, key: key.toString(16), before: known.rate, rate: went ? rate : known.rate });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}

/** Slashes a prover, and what follows: verdict, end of the window, payment of the treasury. */
import type { NetworkProvider } from '@ton/blueprint';

import { ProverStaking, StakingMaster } from '../../wrappers/staking';
import { ScriptSpec } from '../lib/args';
import { UsageError } from '../lib/errors';
import { parsePercent } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { openProver, requireStakingRule, tokens } from '../lib/staking';

const SPEC: ScriptSpec = {
    name: 'slash',
    about: 'Slashes a prover (slasher), decides an appeal (resolver), ends a slash or pays the treasury (anyone).',
    positionals: { action: 'strike | uphold | overturn | finalise | treasury', prover: 'ProverStaking of the prover' },
    flags: {
        percent: { value: 'percent', about: 'strike: 1 to 50, up to two decimals' },
        reason: { value: 'hex', about: 'strike: hash of the document with the reasons, 64 digits' },
        seq: { value: 'number', about: 'uphold, overturn, finalise: number of the slash' },
    },
};

async function main(session: Session): Promise<void> {
    const action = await session.text('action');
    const { staking, info, master, decimals } = await openProver(session);
    const roles = await master.getMaster();
    const base = { queryId: session.queryId() };
    const atMaster = { to: master.address, toName: 'StakingMaster' };
    const atStaking = { to: staking.address, toName: 'ProverStaking' };
    switch (action) {
        case 'strike': {
            const ppm = parsePercent(await session.text('percent'), 'percent') * 100;
            const reason = session.args.get('reason') ?? '0';
            if (!/^[0-9a-fA-F]{1,64}$/.test(reason)) {
                throw new UsageError('reason is the hash of a document: hexadecimal digits');
            }
            requireStakingRule(roles.slasher?.equals(session.me) === true, 'ERROR_NOT_ROLE');
            const quote = await staking.getSlashQuote(ppm);
            requireStakingRule(
                !quote.refused,
                quote.scale <= 10n ** 17n ? 'ERROR_SCALE_TOO_LOW' : 'ERROR_SLASH_BOUNDS',
            );
            session.say(
                `Takes ${tokens(quote.amount, decimals)} tokens into escrow${quote.deactivates ? ' and ends the service' : ''}.`,
            );
            await session.execute([
                {
                    title: `Slash by ${ppm / 10_000} %`,
                    ...atMaster,
                    value: await master.getCost(StakingMaster.opcodes.Slash),
                    body: StakingMaster.slashBody({
                        ...base,
                        staking: staking.address,
                        ppm,
                        reason: BigInt(`0x${reason}`),
                    }),
                    done: async () => (await staking.getProver()).slashSeq > info.slashSeq,
                    awaited: 'the scale is lower',
                },
            ]);
            session.report({ seq: (await staking.getProver()).slashSeq, amount: quote.amount });
            return;
        }
        case 'uphold':
        case 'overturn':
        case 'finalise': {
            const seq = await session.integer('seq', 1, 255);
            requireStakingRule(BigInt(seq) <= info.slashSeq, 'ERROR_NO_SLASH');
            const slash = await staking.getSlash(seq);
            const open = slash.verdict === 'open' || slash.verdict === 'appealed';
            requireStakingRule(open, 'ERROR_NO_SLASH', `It is ${slash.verdict}.`);
            const over = async () => !['open', 'appealed'].includes((await staking.getSlash(seq)).verdict);
            if (action === 'finalise') {
                const body = ProverStaking.finaliseSlashBody({ ...base, seq });
                const due = Number(slash.at) + (slash.verdict === 'appealed' ? 14 : 7) * 86_400;
                requireStakingRule((await session.now(staking.address)) >= due, 'ERROR_TOO_EARLY');
                const value = await staking.getCost(body);
                const what = { ...atStaking, value, body, done: over, awaited: 'it is over' };
                await session.execute([{ title: `End slash ${seq}`, ...what }]);
            } else {
                requireStakingRule(roles.resolver?.equals(session.me) === true, 'ERROR_NOT_ROLE');
                requireStakingRule(slash.verdict === 'appealed', 'ERROR_NO_APPEAL');
                const overturn = action === 'overturn';
                const body = StakingMaster.verdictBody({ ...base, staking: staking.address, seq, overturn });
                const value = await master.getCost(body);
                const what = { ...atMaster, value, body, done: over, awaited: 'it is decided' };
                await session.execute([{ title: `${overturn ? 'Overturn' : 'Uphold'} slash ${seq}`, ...what }]);
            }
            session.report({ seq, verdict: (await staking.getSlash(seq)).verdict });
            return;
        }
        case 'treasury': {
            const { treasury } = await staking.getSolvency();
            requireStakingRule(treasury > 0n, 'ERROR_NOTHING_DUE');
            const body = ProverStaking.payTreasuryBody(base);
            await session.execute([
                {
                    title: `Pay ${tokens(treasury, decimals)} tokens to the treasury`,
                    ...atStaking,
                    value: await staking.getCost(body),
                    body,
                    done: async () => (await staking.getSolvency()).treasury < treasury,
                    awaited: 'the treasury is paid',
                },
            ]);
            session.report({ paid: treasury });
            return;
        }
        default:
            throw new UsageError(`slash does not know "${action}": strike, uphold, overturn, finalise or treasury`);
    }
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}

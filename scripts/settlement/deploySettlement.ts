/**
 * Deploys a UsageRegistry and the PaymentSettlement of one asset, and links them. Every step looks at the chain first, so a
 * run that was interrupted is simply repeated. The manifest is written before the first message.
 */
import type { NetworkProvider } from '@ton/blueprint';
import { Address, contractAddress, toNano } from '@ton/core';

import { version as compiler } from '@tact-lang/compiler/package.json';
import { accountIdOf } from '../../wrappers/pool';
import {
    DiscountTier,
    ledgerCode,
    MAX_THAW_SECONDS,
    PaymentSettlement,
    THAW_SECONDS,
    UsageRegistry,
} from '../../wrappers/settlement';
import { ScriptSpec } from '../lib/args';
import { messageOf, UsageError } from '../lib/errors';
import { duration, parsePercent, parseSeconds } from '../lib/format';
import { cellFromText, cellToText, ManifestContract } from '../lib/manifest';
import { runScript, Session, Step } from '../lib/session';
import {
    readSettlementManifest,
    requireSettlementRule,
    SETTLEMENT_FLAGS,
    SettlementManifest,
    settlementManifestFile,
    settlementStep,
    writeSettlementManifest,
} from '../lib/settlement';
import { parseTokens, tokenDecimals } from '../lib/token';

/** Deploys; the rent follows, as soon as the contract can say what it is. */
const FIRST_VALUE = toNano('0.2');

const SPEC: ScriptSpec = {
    name: 'deploySettlement',
    about: 'Deploys a usage registry with its settlement and links them; run again, it goes on where it stopped.',
    flags: {
        settler: { value: 'address', about: 'who settles recorded usages' },
        guardian: { value: 'address', about: 'who can pause both for 72 h' },
        resolver: { value: 'address', about: 'who decides disputes' },
        operations: { value: 'address', about: 'gets 14 of 15 parts of the network’s fee' },
        validators: { value: 'address', about: 'gets 1 of 15 parts of it' },
        treasury: { value: 'address', about: 'gets the treasury’s fee' },
        recorders: { value: 'address,...', about: 'who may record usages, at most 16 (none)' },
        jetton: { value: 'address', about: 'minter of the asset (TON)' },
        thaw: { value: 'duration', about: `how long a withdrawal thaws (${duration(THAW_SECONDS)}), 7 days at most` },
        'min-deposit': { value: 'amount', about: 'least deposit, in TON or tokens (1)' },
        tiers: { value: 'volume:percent,...', about: 'discounts on the network’s fee by volume of 30 days (none)' },
        burns: { about: 'the asset is the network token: 7.5 % are burned instead of going to the treasury' },
        'settlement-manifest': SETTLEMENT_FLAGS['settlement-manifest'],
        decimals: { value: 'number', about: 'decimals of the asset (of TON 9, of a token what it says)' },
    },
};

function tiersOf(session: Session, decimals: number): DiscountTier[] {
    const text = session.args.get('tiers') ?? '';
    return text
        .split(',')
        .filter((tier) => tier.trim() !== '')
        .map((tier) => {
            const [volume, percent, ...more] = tier.split(':');
            if (percent === undefined || more.length > 0) {
                throw new UsageError(`tiers "${tier}" is not volume:percent`);
            }
            return { threshold: parseTokens(volume, decimals, 'tiers'), bps: parsePercent(percent, 'tiers') };
        });
}

async function newManifest(session: Session): Promise<SettlementManifest> {
    const minter = await session.optionalAddress('jetton');
    const decimals = minter === undefined ? 9 : await tokenDecimals(session, minter);
    const unit = 10n ** BigInt(decimals);
    const thaw = parseSeconds(session.args.get('thaw') ?? String(THAW_SECONDS), 'thaw');
    if (BigInt(thaw) > MAX_THAW_SECONDS) {
        throw new UsageError(`--thaw is at most ${duration(MAX_THAW_SECONDS)}`);
    }
    const texts = (session.args.get('recorders') ?? '').split(',').filter((text) => text.trim() !== '');
    const recorders = await Promise.all(texts.map((text) => session.toAddress(text.trim(), 'recorders')));
    const guardian = await session.address('guardian');
    const roles = { settler: await session.address('settler'), resolver: await session.address('resolver') };
    const payees = {
        operations: await session.address('operations'),
        validators: await session.address('validators'),
        treasury: await session.address('treasury'),
    };
    let registry: UsageRegistry;
    let settlement: PaymentSettlement;
    try {
        const code = await ledgerCode();
        const start = await session.now(session.me);
        registry = await UsageRegistry.createFromConfig({ owner: session.me, guardian, recorders, start });
        settlement = await PaymentSettlement.createFromConfig({
            owner: session.me,
            guardian,
            ...roles,
            payees,
            minter,
            terms: {
                registry: registry.address,
                ledgerCode: code,
                unit,
                thaw,
                minDeposit: parseTokens(session.args.get('min-deposit') ?? '1', decimals, 'min-deposit'),
                burns: session.args.has('burns'),
                tiers: tiersOf(session, decimals),
            },
        });
    } catch (e) {
        throw e instanceof UsageError ? e : new UsageError(messageOf(e));
    }
    const entry = ({ address, init }: UsageRegistry | PaymentSettlement): ManifestContract => ({
        address: session.show(address),
        raw: address.toRawString(),
        codeHash: init!.code.hash().toString('hex'),
        code: cellToText(init!.code),
        data: cellToText(init!.data),
    });
    return {
        format: 1,
        network: session.network,
        createdAt: new Date().toISOString(),
        compiler,
        decimals,
        registry: entry(registry),
        settlement: entry(settlement),
    };
}

/** A step that deploys, and a step that brings the rent: left out if they are done. */
async function place(
    session: Session,
    toName: string,
    part: ManifestContract,
    rentOf: (address: Address) => Promise<bigint>,
): Promise<Address> {
    const init = { code: cellFromText(part.code), data: cellFromText(part.data) };
    const address = contractAddress(0, init);
    const to = { to: address, toName, body: UsageRegistry.topUpBody({ queryId: session.queryId() }) };
    if (!(await session.isDeployed(address))) {
        const done = () => session.isDeployed(address);
        const step: Step = {
            ...to,
            title: `Deploy the ${toName}`,
            value: FIRST_VALUE,
            init,
            done,
            awaited: 'it is there',
        };
        if (!(await session.execute([step]))) {
            return address;
        }
    }
    const missing = (await rentOf(address)) - (await session.balance(address));
    if (missing > 0n) {
        const before = await session.balance(address);
        await session.execute([
            {
                ...to,
                title: `Five years of rent for the ${toName}`,
                value: missing + FIRST_VALUE / 10n,
                done: async () => (await session.balance(address)) > before,
                awaited: 'it has the rent',
            },
        ]);
    }
    return address;
}

async function main(session: Session): Promise<void> {
    const file = settlementManifestFile(session);
    const known = readSettlementManifest(file);
    if (known !== undefined && known.network !== session.network) {
        throw new UsageError(`${file} is of ${known.network}, this is ${session.network}`);
    }
    const manifest = known ?? (await newManifest(session));
    if (known === undefined && !session.dryRun) {
        writeSettlementManifest(file, manifest);
    }
    const { registry: at, settlement: of } = manifest;
    session.say(`Registry ${at.address}, settlement ${of.address}, manifest ${file}`);
    session.report({ registry: Address.parse(at.raw), settlement: Address.parse(of.raw), manifest: file });
    const registry = session.open(UsageRegistry.createFromAddress(Address.parse(at.raw)));
    const settlement = session.open(PaymentSettlement.createFromAddress(Address.parse(of.raw)));
    await place(session, 'UsageRegistry', at, () => registry.getRent());
    await place(session, 'PaymentSettlement', of, () => settlement.getRent());
    if (!(await session.isDeployed(registry.address)) || !(await session.isDeployed(settlement.address))) {
        return; // a dry run
    }
    const steps: Step[] = [];
    const linked = async () => (await registry.getRegistryData()).settlement === accountIdOf(settlement.address);
    if (!(await linked())) {
        const { owner, settlement: other } = await registry.getRegistryData();
        requireSettlementRule(other === 0n, 'ERROR_LINKED');
        requireSettlementRule(owner === accountIdOf(session.me), 'ERROR_NOT_OWNER');
        const body = UsageRegistry.linkSettlementBody({
            settlement: settlement.address,
            queryId: session.queryId(),
        });
        steps.push({
            title: 'Link the registry to the settlement, for ever',
            to: registry.address,
            toName: 'UsageRegistry',
            value: await registry.getCost(body),
            body,
            done: linked,
            awaited: 'the registry names the settlement',
        });
    }
    const { ton, wallet } = await settlement.getSettlementData();
    if (!ton && wallet === 0n) {
        steps.push(
            await settlementStep(settlement, {
                title: 'Ask the minter for the jetton wallet',
                body: PaymentSettlement.discoverBody({ queryId: session.queryId() }),
                done: async () => (await settlement.getSettlementData()).wallet !== 0n,
                awaited: 'the minter has named the wallet',
            }),
        );
    }
    if (steps.length === 0) {
        session.say('Both are deployed and linked already.');
    }
    const went = await session.execute(steps);
    session.report({ linked: went && (await linked()) });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}

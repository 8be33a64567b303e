/**
 * Deploys the emission controller of a token and makes it a minter. Every step looks at the chain first, so a run that was
 * interrupted is simply repeated. The manifest is written before the first message.
 */
import { Address, contractAddress, toNano } from '@ton/core';
import type { NetworkProvider } from '@ton/blueprint';

import { version as compiler } from '@tact-lang/compiler/package.json';
import { EmissionController, EmissionRecipient, ShareMinter } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import {
    EmissionManifest,
    emissionManifestFile,
    EMISSION_FLAGS,
    readEmissionManifest,
    writeEmissionManifest,
} from '../lib/emission';
import { messageOf, UsageError } from '../lib/errors';
import { parsePercent, parseTime, time } from '../lib/format';
import { cellFromText, cellToText } from '../lib/manifest';
import { runScript, Session, Step } from '../lib/session';
import { minterStep, openToken, Token, TOKEN_FLAGS } from '../lib/token';

/** Five years of rent at full size are about 2.5 TON at the prices of 2025 and 2026. */
const DEPLOY_VALUE = toNano('3');

const SPEC: ScriptSpec = {
    name: 'deployEmission',
    about: 'Deploys the emission controller of a token and makes it a minter; run again, it goes on where it stopped.',
    flags: {
        recipients: {
            value: 'address:percent,...',
            about: 'who gets the schedule: 1 to 8, the first one with the rest',
        },
        treasury: { value: 'address', about: 'gets 10 % of usage minting' },
        liquidity: { value: 'address', about: 'gets 5 % of usage minting' },
        'rate-keeper': { value: 'address', about: 'sets rates and growth' },
        guardian: { value: 'address', about: 'stops and resumes usage minting' },
        recorders: { value: 'address,...', about: 'who may record usages, at most 16 (none)' },
        owner: { value: 'address', about: 'nominates roles (you)' },
        start: { value: 'date', about: 'first second of year 1 and of epoch 0 (now)' },
        growth: { value: 'percent', about: '50 to 200 (100)' },
        registry: { value: 'address', about: 'what usage hashes name (the controller itself)' },
        ...TOKEN_FLAGS,
        'emission-manifest': EMISSION_FLAGS['emission-manifest'],
    },
};

async function addresses(session: Session, name: string): Promise<Address[]> {
    const texts = (session.args.get(name) ?? '').split(',').filter((text) => text.trim() !== '');
    return Promise.all(texts.map((text) => session.toAddress(text.trim(), name)));
}

async function recipientsOf(session: Session): Promise<EmissionRecipient[]> {
    const list: EmissionRecipient[] = [];
    for (const text of (await session.text('recipients')).split(',')) {
        // raw addresses have a colon themselves: the last one counts
        const at = text.lastIndexOf(':');
        if (at < 1) {
            throw new UsageError(`recipients "${text}" is not address:percent`);
        }
        const address = await session.toAddress(text.slice(0, at).trim(), 'recipients');
        list.push({ address, bps: parsePercent(text.slice(at + 1), 'recipients') });
    }
    return list;
}

async function newManifest(session: Session, token: Token): Promise<EmissionManifest> {
    const start = session.args.get('start');
    const growth = session.args.get('growth');
    let controller: EmissionController;
    try {
        controller = await EmissionController.createFromConfig({
            minter: token.address,
            owner: (await session.optionalAddress('owner')) ?? session.me,
            rateKeeper: await session.address('rate-keeper'),
            guardian: await session.address('guardian'),
            recorders: await addresses(session, 'recorders'),
            recipients: await recipientsOf(session),
            treasury: await session.address('treasury'),
            liquidity: await session.address('liquidity'),
            start: start === undefined ? await session.now(token.address) : parseTime(start, 'start'),
            growth: growth === undefined ? undefined : parsePercent(growth, 'growth'),
            decimals: token.decimals,
            registry: await session.optionalAddress('registry'),
        });
    } catch (e) {
        throw e instanceof UsageError ? e : new UsageError(messageOf(e));
    }
    const init = controller.init!;
    return {
        format: 1,
        network: session.network,
        createdAt: new Date().toISOString(),
        compiler,
        token: token.address.toRawString(),
        decimals: token.decimals,
        controller: {
            address: session.show(controller.address),
            raw: controller.address.toRawString(),
            codeHash: init.code.hash().toString('hex'),
            code: cellToText(init.code),
            data: cellToText(init.data),
        },
    };
}

async function main(session: Session): Promise<void> {
    const token = await openToken(session);
    const file = emissionManifestFile(session);
    const known = readEmissionManifest(file);
    if (known !== undefined && known.token !== token.address.toRawString()) {
        throw new UsageError(`${file} belongs to another token, ${known.token}; give another --emission-manifest`);
    }
    const manifest = known ?? (await newManifest(session, token));
    const init = { code: cellFromText(manifest.controller.code), data: cellFromText(manifest.controller.data) };
    const address = contractAddress(0, init);
    if (known === undefined && !session.dryRun) {
        writeEmissionManifest(file, manifest);
    }
    session.say(`Emission controller ${session.show(address)}, manifest ${file}`);
    session.report({ controller: address, manifest: file });

    const steps: Step[] = [];
    if (!(await session.isDeployed(address))) {
        steps.push({
            title: 'Deploy the emission controller with its rent',
            to: address,
            toName: 'EmissionController',
            value: DEPLOY_VALUE,
            body: EmissionController.topUpBody({ queryId: session.queryId() }),
            init,
            done: () => session.isDeployed(address),
            awaited: 'it is deployed',
        });
    }
    const isMinter = () => token.minter.getIsMinter(address);
    const { adminAddress } = await token.minter.getJettonData();
    const { open } = await token.minter.getMinterData();
    const admin = adminAddress?.equals(session.me) === true;
    if (!(await isMinter()) && admin && open) {
        steps.push(
            await minterStep(token, {
                title: 'Make it a minter of the token',
                body: ShareMinter.addMinterBody({ minter: address, queryId: session.queryId() }),
                done: isMinter,
                awaited: 'it is a minter',
            }),
        );
    }
    if (steps.length === 0) {
        session.say('It is deployed already.');
    }
    const went = await session.execute(steps);
    if (went) {
        const controller = session.open(EmissionController.createFromAddress(address));
        const { start, cap } = await controller.getEmissionData();
        session.report({ start, cap, isMinter: await isMinter() });
        session.say(`The schedule begins at ${time(start)}; epoch 0 can be emitted 7 days later.`);
        if (!(await isMinter())) {
            session.say(
                "It is no minter yet: the token's admin has to add it (48 h of notice after the genesis); until then mints come back and are owed.",
            );
        }
    }
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}

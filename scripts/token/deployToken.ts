/**
 * Deploys a token: minter, minters, genesis list. Every step looks at the chain first, so a run that was interrupted is
 * simply repeated. The manifest is written before the first message: it holds the state init and the genesis list.
 */
import type { NetworkProvider } from '@ton/blueprint';
import { Address, contractAddress } from '@ton/core';

import { version as compiler } from '@tact-lang/compiler/package.json';
import {
    DEFAULT_DECIMALS,
    genesisLimit,
    libraryCell,
    MAX_DECIMALS,
    Metadata,
    minterInit,
    offchainMetadata,
    onchainMetadata,
    ShareMinter,
    tokenCodes,
} from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { parseCsv } from '../lib/csv';
import { UsageError } from '../lib/errors';
import { cellFromText, cellToText } from '../lib/manifest';
import { readText } from '../lib/participants';
import { runScript, Session, Step } from '../lib/session';
import {
    minterStep,
    parseTokens,
    readTokenManifest,
    requireTokenRule,
    TOKEN_FLAGS,
    TokenManifest,
    tokenManifestFile,
    tokens,
    writeTokenManifest,
} from '../lib/token';

const MAX_RECIPIENTS = 16;
/** Rent of the minter for years, and its deployment. */
const DEPLOY_VALUE = 500_000_000n;

const SPEC: ScriptSpec = {
    name: 'deployToken',
    about: 'Deploys a token and mints its genesis list; run again, it goes on where it stopped.',
    flags: {
        name: { value: 'text', about: 'name of the token' },
        symbol: { value: 'text', about: 'its symbol' },
        description: { value: 'text', about: 'what it is' },
        image: { value: 'URI', about: 'its picture' },
        uri: { value: 'URI', about: 'a JSON document with the metadata; alone: off-chain metadata' },
        decimals: { value: 'number', about: `0 to ${MAX_DECIMALS} (${DEFAULT_DECIMALS}); fixed for good` },
        minter: { value: 'address,...', about: 'who may mint, such as the emission controller; at most 8' },
        genesis: { value: 'file', about: 'CSV with owner,amount: at most 16 recipients, 450,000,000 tokens' },
        'keep-open': { about: 'deploy only: minters can still be added without notice, the genesis waits' },
        library: { about: 'wallet code as a library cell: see docs/token.md before' },
        ...TOKEN_FLAGS,
    },
};

function metadataOf(session: Session, decimals: number) {
    const { args } = session;
    const uri = args.get('uri');
    const given: Metadata = {
        name: args.get('name'),
        symbol: args.get('symbol'),
        description: args.get('description'),
        image: args.get('image'),
    };
    if (Object.values(given).every((value) => value === undefined)) {
        if (uri === undefined) {
            throw new UsageError('deployToken needs --name and --symbol, or --uri');
        }
        return offchainMetadata(uri);
    }
    if (given.name === undefined || given.symbol === undefined) {
        throw new UsageError('deployToken needs both --name and --symbol');
    }
    return onchainMetadata({ ...given, uri, decimals: String(decimals) });
}

/** The genesis list of a CSV file, every mistake of it at once. */
async function genesisOf(session: Session, decimals: number): Promise<TokenManifest['genesis']> {
    const file = session.args.get('genesis');
    if (file === undefined) {
        return [];
    }
    const rows = parseCsv(readText(file), ['owner', 'amount'], file);
    const list: TokenManifest['genesis'] = [];
    const problems: string[] = [];
    for (const { line, fields } of rows) {
        try {
            const owner = await session.toAddress(fields.owner, 'owner');
            if (owner.workChain !== 0) {
                throw new UsageError('the owner is not in the basechain');
            }
            if (list.some((row) => row.owner === owner.toRawString())) {
                throw new UsageError('the owner is listed twice');
            }
            const amount = parseTokens(fields.amount, decimals);
            list.push({ owner: owner.toRawString(), amount: amount.toString() });
        } catch (e) {
            problems.push(`${file}:${line}: ${e instanceof Error ? e.message : String(e)}`);
        }
    }
    if (problems.length > 0) {
        throw new UsageError(problems.join('\n'));
    }
    const sum = list.reduce((total, { amount }) => total + BigInt(amount), 0n);
    requireTokenRule(
        list.length <= MAX_RECIPIENTS && sum <= genesisLimit(decimals),
        'ERROR_GENESIS_LIMITS',
        `${list.length} recipients, ${tokens(sum, decimals)} tokens.`,
    );
    return list;
}

async function newManifest(session: Session): Promise<TokenManifest> {
    const decimals = (await session.optionalInteger('decimals', 0, MAX_DECIMALS)) ?? DEFAULT_DECIMALS;
    const { walletCode } = await tokenCodes();
    const library = session.args.has('library');
    const minters: Address[] = [];
    for (const text of (session.args.get('minter') ?? '').split(',').filter((t) => t.trim() !== '')) {
        minters.push(await session.toAddress(text.trim(), 'minter'));
    }
    let init;
    try {
        init = await minterInit({
            admin: session.me,
            content: metadataOf(session, decimals),
            decimals,
            minters,
            walletCode: library ? libraryCell(walletCode) : walletCode,
        });
    } catch (e) {
        throw e instanceof UsageError ? e : new UsageError(e instanceof Error ? e.message : String(e));
    }
    const address = contractAddress(0, init);
    return {
        format: 1,
        network: session.network,
        complete: false,
        createdAt: new Date().toISOString(),
        compiler,
        minter: {
            address: session.show(address),
            raw: address.toRawString(),
            codeHash: init.code.hash().toString('hex'),
            code: cellToText(init.code),
            data: cellToText(init.data),
        },
        wallet: { codeHash: walletCode.hash().toString('hex'), code: cellToText(walletCode), library },
        decimals,
        genesis: await genesisOf(session, decimals),
    };
}

async function main(session: Session): Promise<void> {
    const file = tokenManifestFile(session);
    const found = readTokenManifest(file);
    if (found !== undefined && found.network !== session.network) {
        throw new UsageError(`${file} is of ${found.network}, this is ${session.network}`);
    }
    const planned = ['name', 'symbol', 'uri', 'decimals', 'minter'].some(
        (flag) => session.args.get(flag) !== undefined,
    );
    let manifest = found;
    if (manifest === undefined || planned) {
        const again = await newManifest(session);
        if (found !== undefined && again.minter.raw !== found.minter.raw) {
            if (await session.isDeployed(Address.parse(found.minter.raw))) {
                throw new UsageError(
                    `${file} describes ${found.minter.address}, which these parameters would not give. ` +
                        'Leave them out to go on with it, or give --token-manifest for another token.',
                );
            }
        }
        manifest = again;
    } else if (session.args.get('genesis') !== undefined) {
        manifest = { ...manifest, genesis: await genesisOf(session, manifest.decimals) };
    }
    const init = { code: cellFromText(manifest.minter.code), data: cellFromText(manifest.minter.data) };
    const minter = session.open(new ShareMinter(contractAddress(0, init), init));
    session.report({ token: minter.address, manifest: file, library: manifest.wallet.library });
    session.say(`Token   ${manifest.minter.address}`);
    const { genesis, decimals } = manifest;
    const sum = genesis.reduce((total, { amount }) => total + BigInt(amount), 0n);
    session.say(`Genesis ${genesis.length} recipients, ${tokens(sum, decimals)} tokens`);
    if (!session.dryRun) {
        writeTokenManifest(file, manifest);
    }

    if (!(await session.isDeployed(minter.address))) {
        const step: Step = {
            title: 'Deploy the minter (the value is its rent for years)',
            to: minter.address,
            toName: 'ShareMinter',
            value: DEPLOY_VALUE,
            moved: DEPLOY_VALUE,
            body: ShareMinter.topUpBody({ queryId: session.queryId() }),
            init,
            done: () => session.isDeployed(minter.address),
            awaited: 'the minter is there',
        };
        if (!(await session.execute([step]))) {
            return;
        }
    }
    if (session.args.has('keep-open')) {
        session.say('The set-up is open: add minters, then run deployToken again without --keep-open.');
        session.report({ complete: false });
        return;
    }
    const data = await minter.getMinterData();
    if (data.open) {
        requireTokenRule(
            data.admin !== null && data.admin.equals(session.me),
            'ERROR_NOT_ADMIN',
            data.admin === null ? 'This token has no admin.' : session.wrongSender('admin', data.admin),
        );
        const step = await minterStep(
            { minter },
            {
                title: `Mint the genesis list, ${tokens(sum, decimals)} tokens, and end your own minter role`,
                body: ShareMinter.genesisBody({
                    recipients: genesis.map(({ owner, amount }) => [Address.parse(owner), BigInt(amount)]),
                    queryId: session.queryId(),
                }),
                n: genesis.length,
                done: async () => !(await minter.getMinterData()).open,
                awaited: 'the set-up is closed',
            },
        );
        if (!(await session.execute([step]))) {
            return;
        }
    }
    if (!session.dryRun) {
        writeTokenManifest(file, { ...manifest, complete: true });
    }
    session.report({ complete: true, supply: (await minter.getSupply()).supply });
    session.say('The token is complete: from now on roles and metadata change with 48 h of notice.');
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}

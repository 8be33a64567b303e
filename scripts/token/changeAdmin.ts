/** Hands the administration of a token over in two steps, or gives it up for good. */
import type { NetworkProvider } from '@ton/blueprint';

import { ShareMinter } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { UsageError } from '../lib/errors';
import { runScript, Session } from '../lib/session';
import { minterStep, openToken, requireAdmin, requireTokenRule, TOKEN_FLAGS } from '../lib/token';

const SPEC: ScriptSpec = {
    name: 'changeAdmin',
    about: 'nominate <address|none> by the admin, claim by the nominated one, drop by the admin: nobody, for ever.',
    positionals: { action: 'nominate, claim or drop', admin: 'the new admin, or none to take a nomination back' },
    flags: { 'for-ever': { about: 'needed with drop' }, ...TOKEN_FLAGS },
};

async function main(session: Session): Promise<void> {
    const action = await session.choice('action', ['nominate', 'claim', 'drop']);
    const token = await openToken(session);
    const { minter } = token;
    const queryId = session.queryId();
    const adminIs = async () => (await minter.getJettonData()).adminAddress;
    switch (action) {
        case 'nominate': {
            const text = await session.text('admin');
            const newAdmin = text === 'none' ? null : await session.toAddress(text, 'admin');
            await requireAdmin(session, token);
            requireTokenRule(newAdmin === null || newAdmin.workChain === 0, 'ERROR_BAD_ADDRESS', `Admin ${text}.`);
            await session.execute([
                await minterStep(token, {
                    title: newAdmin === null ? 'Take the nomination back' : `Nominate ${session.show(newAdmin)}`,
                    body: ShareMinter.changeAdminBody({ newAdmin, queryId }),
                    done: async () => {
                        const next = await minter.getNextAdmin();
                        return newAdmin === null ? next === null : next !== null && next.equals(newAdmin);
                    },
                    awaited: 'the nomination shows',
                }),
            ]);
            break;
        }
        case 'claim': {
            const next = await minter.getNextAdmin();
            requireTokenRule(
                next !== null && next.equals(session.me),
                'ERROR_NOT_NEXT_ADMIN',
                next === null ? 'Nobody is nominated.' : session.wrongSender('nominated admin', next),
            );
            await session.execute([
                await minterStep(token, {
                    title: 'Take the administration over',
                    body: ShareMinter.claimAdminBody({ queryId }),
                    done: async () => (await adminIs())?.equals(session.me) === true,
                    awaited: 'you are the admin',
                }),
            ]);
            break;
        }
        case 'drop': {
            if (!session.args.has('for-ever')) {
                throw new UsageError('Nobody can ever change this token again: add --for-ever if that is meant');
            }
            await requireAdmin(session, token);
            if ((await minter.getMinterData()).open) {
                session.say('The set-up is open: nobody will be able to mint a genesis list.');
            }
            await session.execute([
                await minterStep(token, {
                    title: 'Give the administration up for ever',
                    body: ShareMinter.dropAdminBody({ queryId }),
                    done: async () => (await adminIs()) === null,
                    awaited: 'the token has no admin',
                }),
            ]);
            break;
        }
    }
    session.report({ action, admin: await adminIs(), nextAdmin: await minter.getNextAdmin() });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}

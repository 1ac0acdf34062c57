// Tools that say something before they answer, or to others.

import { setTimeout as wait } from 'node:timers/promises';
import { text } from './samples.mjs';

const PAUSE_MILLISECONDS = 50;

export function registerNotifications(server, notifier) {
    const log = async (context) => {
        for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
            await context.mcpReq.log('info', line);
            await wait(PAUSE_MILLISECONDS);
        }
        return text('Logged three lines');
    };
    server.registerTool('test_tool_with_logging', { description: 'Logs while it runs' }, log);
    server.registerTool('test_logging_tool', { description: 'Logs while it runs, if the client asked for it' }, log);

    server.registerTool('test_tool_with_progress', { description: 'Reports progress' }, async (context) => {
        const progressToken = context.mcpReq._meta?.progressToken;
        for (const progress of [0, 50, 100]) {
            if (progressToken !== undefined) {
                await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
            }
            await wait(PAUSE_MILLISECONDS);
        }
        return text(`Done, token ${progressToken}`);
    });

    server.registerTool('test_reconnection', { description: 'Closes its stream before it answers' }, async (context) => {
        context.http?.closeSSE?.();
        await wait(PAUSE_MILLISECONDS);
        return text('Answered on the resumed stream');
    });

    server.registerTool('test_trigger_tool_change', { description: 'Tells listeners that the tools changed' }, () => {
        notifier.publish.toolsChanged();
        return text('Told');
    });
    server.registerTool('test_trigger_prompt_change', { description: 'Tells listeners that the prompts changed' }, () => {
        notifier.publish.promptsChanged();
        return text('Told');
    });
}

// Several users on one server: each has a key, agents of their own, and no way to those of the others.
// Needs a running server and nothing but Node: BASE_URL=http://localhost:8283 MEMGPT_SERVER_PASS=ilovellms.

const baseUrl = process.env.BASE_URL ?? 'http://localhost:8283';
const password = process.env.MEMGPT_SERVER_PASS ?? 'ilovellms';

/** Sends a request with a credential; the status and the JSON that came back. */
async function ask(credential, method, path, body) {
  const headers = { authorization: `Bearer ${credential}`, 'content-type': 'application/json' };
  const response = await fetch(`${baseUrl}${path}`, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, json: await response.json() };
}

/** Prints what was found, and throws where it is not what was promised. */
function check(sentence, found, promised) {
  console.log(`${found === promised ? 'yes' : 'NO '}  ${sentence}`);
  if (found !== promised) throw new Error(`${sentence}: expected ${promised}, found ${found}.`);
}

async function newUser() {
  const { json } = await ask(password, 'POST', '/admin/users', {});
  return { id: json.user_id, key: json.api_key };
}

async function newAgent(user, name) {
  const { json } = await ask(user.key, 'POST', '/api/agents', { config: { name } });
  return json.agent_state;
}

async function namesOf(user) {
  const { json } = await ask(user.key, 'GET', '/api/agents');
  return json.agents.map((agent) => agent.name).join(', ');
}

const [ana, bo] = [await newUser(), await newUser()];
try {
  const notebook = await newAgent(ana, 'Notebook');
  await newAgent(bo, 'Notebook');
  await newAgent(bo, 'Cook');
  check('Ana sees her agent', await namesOf(ana), 'Notebook');
  check(
    'Bo sees his, of which one has the same name',
    (await namesOf(bo)).split(', ').sort().join(', '),
    'Cook, Notebook',
  );

  const path = `/api/agents/${notebook.id}`;
  check("Bo cannot read Ana's agent", (await ask(bo.key, 'GET', path)).status, 404);
  check('Bo cannot speak to it', (await ask(bo.key, 'POST', `${path}/messages`, { message: 'Hi' })).status, 404);
  check('Bo cannot delete it', (await ask(bo.key, 'DELETE', path)).status, 404);
  check('Ana still has it', (await ask(ana.key, 'GET', path)).json.agent_state.id, notebook.id);
  check('a key opens no door of the administrator', (await ask(ana.key, 'GET', '/admin/users')).status, 401);

  const extra = await ask(password, 'POST', '/admin/users/keys', { user_id: bo.id, name: 'phone' });
  const phone = { id: bo.id, key: extra.json.api_key };
  check('a second key of Bo opens the same agents', await namesOf(phone), await namesOf(bo));
  await ask(password, 'DELETE', `/admin/users/keys?api_key=${phone.key}`);
  check('a withdrawn key opens nothing', (await ask(phone.key, 'GET', '/api/agents')).status, 403);
  check('the other key of Bo still works', (await ask(bo.key, 'GET', '/api/agents')).status, 200);
} finally {
  for (const user of [ana, bo]) await ask(password, 'DELETE', `/admin/users?user_id=${user.id}`);
}
check('a deleted user is gone with every key', (await ask(ana.key, 'GET', '/api/agents')).status, 403);

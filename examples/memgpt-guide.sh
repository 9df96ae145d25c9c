#!/usr/bin/env bash
# The requests of the guide of the retired MemGPT server, in its order, against a running server:
#
#   export MEMGPT_SERVER_PASS=ilovellms
#   memgpt server
#
# BASE_URL and MEMGPT_SERVER_PASS say where the server is and how to speak to it as its administrator.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
trap tidy_up EXIT

echo "1. An agent is created, with the administrator's password."
reply="$(curl --silent --show-error --request POST \
     --url "$BASE_URL/api/agents" \
     --header 'accept: application/json' \
     --header "authorization: Bearer $MEMGPT_SERVER_PASS" \
     --header 'content-type: application/json' \
     --data '
{
  "config": {
    "name": "MyCustomAgent",
    "preset": "memgpt_chat",
    "human": "cs_phd",
    "persona": "sam_pov"
  }
}
')"
expect "$reply" "^\{\"agent_state\":\{\"id\":\"$UUID\",\"name\":\"MyCustomAgent\",\"user_id\":\"$UUID\"," \
  'The reply should begin with the state of the new agent: its id, its name and its user.'
AGENT_ID="$(field "$reply" id)"
echo "   $AGENT_ID"

echo '2. It is asked a question, and its answer streams.'
reply="$(curl --silent --show-error --no-buffer --request POST \
     --url "$BASE_URL/api/agents/message" \
     --header 'accept: application/json' \
     --header "authorization: Bearer $MEMGPT_SERVER_PASS" \
     --header 'content-type: application/json' \
     --data @- <<MESSAGE
{
  "agent_id": "$AGENT_ID",
  "message": "what's the meaning of life? someone told me it's 42...",
  "stream": true,
  "role": "user"
}
MESSAGE
)"
expect_reply "$reply"
printf '%s\n' "$reply" | sed -n 's/^data: /   /p'

echo '3. A user is created, with a key of their own.'
reply="$(curl --silent --show-error --request POST \
     --url "$BASE_URL/admin/users" \
     --header 'accept: application/json' \
     --header "authorization: Bearer $MEMGPT_SERVER_PASS" \
     --header 'content-type: application/json' \
     --data '{}')"
expect "$reply" "^\{\"user_id\":\"$UUID\",\"api_key\":\"sk-[0-9A-Za-z]+\"\}\$" \
  'The reply should be the id of the new user and a key that begins with sk-.'
USER_ID="$(field "$reply" user_id)"
API_KEY="$(printf '%s' "$reply" | sed -n 's/.*"api_key":"\([^"]*\)".*/\1/p')"
echo "   $USER_ID"

echo '4. With that key the user sees agents of their own: none yet, and not the one above.'
reply="$(curl --silent --show-error --request GET \
     --url "$BASE_URL/api/agents" \
     --header 'accept: application/json' \
     --header "authorization: Bearer $API_KEY")"
expect "$reply" '^\{"num_agents":0,"agents":\[\]\}$' 'A new user should have no agents.'

echo 'Every request was answered as it used to be.'

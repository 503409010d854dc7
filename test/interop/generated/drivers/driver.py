# Deletes tags with the client that openapi-generator makes for Python. Arguments: the server, then a token and a tag for
# each call. Writes what came of each call, one JSON a line.
import json
import sys

import openapi_client
from openapi_client.models.error import Error


def result_of(url, token, tag):
    configuration = openapi_client.Configuration(host=url, api_key={"AuthToken": token})
    api = openapi_client.ImageTagsApi(openapi_client.ApiClient(configuration))
    try:
        return {"status": api.delete_repo_tag_with_http_info("group", "team$app", tag).status_code}
    except openapi_client.ApiException as error:
        assert isinstance(error.data, Error)
        typed = {"code": error.data.error_code, "message": error.data.error_msg, "requestId": error.data.request_id}
        return {"exception": type(error).__name__, "status": error.status, **typed}


url, *calls = sys.argv[1:]
for token, tag in zip(calls[::2], calls[1::2]):
    print(json.dumps(result_of(url, token, tag)))

# Deletes one tag a line of standard input with the vendor's Python SDK, and writes what came of it, one JSON a line.
import json
import sys
import warnings

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkswr.v2 import DeleteRepoTagRequest, SwrClient

warnings.simplefilter("ignore")


def call(scenario):
    config = HttpConfig.get_default_config()
    if "timeoutSeconds" in scenario:
        config.timeout = scenario["timeoutSeconds"]
    if "retries" in scenario:
        config.retry_times = scenario["retries"]
    credentials = BasicCredentials(scenario["accessKey"], scenario["secretKey"], scenario.get("projectId"))
    if "securityToken" in scenario:
        credentials.with_security_token(scenario["securityToken"])
    builder = SwrClient.new_builder().with_http_config(config).with_credentials(credentials)
    client = builder.with_endpoint(scenario["endpoint"]).build()
    request = DeleteRepoTagRequest(scenario["namespace"], scenario["repository"], scenario["tag"])
    if "callRetries" in scenario:
        return again(client, request, scenario["callRetries"])
    return client.delete_repo_tag(request)


class NoSuchSetting(Exception):
    """3.1.99 has no retries of a call."""


def again(client, request, retries):
    invoker = client.delete_repo_tag_invoker(request)
    if not hasattr(invoker, "with_retry"):
        raise NoSuchSetting
    from huaweicloudsdkcore.retry.backoff_strategy import BackoffStrategies

    return invoker.with_retry(lambda _, error: error is not None, retries, BackoffStrategies.NONE).invoke()


def result_of(scenario):
    try:
        return {"status": call(scenario).status_code}
    except Exception as error:
        return {
            "exception": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "code": getattr(error, "error_code", None),
            "message": getattr(error, "error_msg", None) or str(error),
            "requestId": getattr(error, "request_id", None),
        }


for line in sys.stdin:
    print(json.dumps(result_of(json.loads(line))), flush=True)

// Written by `npm run generate` from openapi/openapi.yaml. Do not edit.

export const operations = {
  "deleteRepoTag": {
    "method": "DELETE",
    "path": "/v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag}",
    "parameters": {
      "namespace": {
        "pattern": "^[a-z][a-z0-9]*(?:(?:\\.|__?|-+)[a-z0-9]+)*$",
        "minLength": 1,
        "maxLength": 64,
        "example": "group"
      },
      "repository": {
        "pattern": "^[a-z0-9]+(?:(?:\\.|__?|-+|\\$)[a-z0-9]+)*$",
        "minLength": 1,
        "maxLength": 128,
        "example": "busybox"
      },
      "tag": {
        "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$",
        "minLength": 1,
        "maxLength": 128,
        "example": "v2"
      }
    }
  }
} as const;

export const errors = {
  "invalid-namespace": {
    "status": 400,
    "code": "SVCSTG.SWR.4001028",
    "message": "Invalid organization name: it must have 1 to 64 characters, start with a lowercase letter, end with a lowercase letter or digit, and hold only lowercase letters and digits, with single periods, one or two underscores, or hyphens between them.",
    "detail": "parameter: namespace",
    "headers": {}
  },
  "invalid-repository": {
    "status": 400,
    "code": "SVCSTG.SWR.4001029",
    "message": "Invalid repository name: it must have 1 to 128 characters, start and end with a lowercase letter or digit, and hold only lowercase letters and digits, with single periods, one or two underscores, or hyphens between them. Send a slash in the name as a dollar sign.",
    "detail": "parameter: repository",
    "headers": {}
  },
  "invalid-tag": {
    "status": 400,
    "code": "SVCSTG.SWR.4009021",
    "message": "Invalid image tag: it must have 1 to 128 letters, digits, underscores, periods and hyphens, and start with a letter, a digit or an underscore.",
    "detail": "parameter: tag",
    "headers": {}
  },
  "unknown-query-parameter": {
    "status": 400,
    "code": "SVCSTG.SWR.4000014",
    "message": "Invalid parameter: the URL has a query parameter that this operation does not take.",
    "detail": "query parameter: force",
    "headers": {}
  },
  "missing-credentials": {
    "status": 401,
    "code": "SVCSTG.SWR.4010000",
    "message": "Authentication failed: send an IAM token in X-Auth-Token, or sign the request with SDK-HMAC-SHA256 in Authorization.",
    "detail": "",
    "headers": {
      "WWW-Authenticate": "SDK-HMAC-SHA256"
    }
  },
  "unknown-token": {
    "status": 401,
    "code": "SVCSTG.SWR.4010000",
    "message": "Authentication failed: the token in X-Auth-Token is not valid. Obtain a new token and try again.",
    "detail": "",
    "headers": {
      "WWW-Authenticate": "SDK-HMAC-SHA256"
    }
  },
  "bad-signature": {
    "status": 401,
    "code": "SVCSTG.SWR.4010000",
    "message": "Authentication failed: the access key or the signature in Authorization is not valid.",
    "detail": "",
    "headers": {
      "WWW-Authenticate": "SDK-HMAC-SHA256"
    }
  },
  "temporary-access-key": {
    "status": 401,
    "code": "SVCSTG.SWR.4010000",
    "message": "Authentication failed: temporary access keys (X-Security-Token) are not supported. Sign with a permanent access key, or send a token in X-Auth-Token.",
    "detail": "",
    "headers": {
      "WWW-Authenticate": "SDK-HMAC-SHA256"
    }
  },
  "expired-signature": {
    "status": 401,
    "code": "SVCSTG.SWR.4010000",
    "message": "Authentication failed: X-Sdk-Date is more than 15 minutes away from the server's time. Set the clock and sign again.",
    "detail": "",
    "headers": {
      "WWW-Authenticate": "SDK-HMAC-SHA256"
    }
  },
  "malformed-authorization": {
    "status": 401,
    "code": "SVCSTG.SWR.4010000",
    "message": "Authentication failed: Authorization must read SDK-HMAC-SHA256 Access=<access key>, SignedHeaders=<a;b;c>, Signature=<64 hexadecimal digits>, and X-Sdk-Date YYYYMMDDTHHMMSSZ.",
    "detail": "",
    "headers": {
      "WWW-Authenticate": "SDK-HMAC-SHA256"
    }
  },
  "unsigned-date": {
    "status": 401,
    "code": "SVCSTG.SWR.4010000",
    "message": "Authentication failed: x-sdk-date must be among the SignedHeaders.",
    "detail": "",
    "headers": {
      "WWW-Authenticate": "SDK-HMAC-SHA256"
    }
  },
  "absent-signed-header": {
    "status": 401,
    "code": "SVCSTG.SWR.4010000",
    "message": "Authentication failed: SignedHeaders names a header that the request does not have.",
    "detail": "",
    "headers": {
      "WWW-Authenticate": "SDK-HMAC-SHA256"
    }
  },
  "ambiguous-credentials": {
    "status": 401,
    "code": "SVCSTG.SWR.4010000",
    "message": "Authentication failed: send either X-Auth-Token or a signature in Authorization, not both.",
    "detail": "",
    "headers": {
      "WWW-Authenticate": "SDK-HMAC-SHA256"
    }
  },
  "namespace-not-permitted": {
    "status": 403,
    "code": "SVCSTG.SWR.4030170",
    "message": "Insufficient permissions: the caller may not delete images in this organization.",
    "detail": "",
    "headers": {}
  },
  "tag-protected": {
    "status": 403,
    "code": "SVCSTG.SWR.4030170",
    "message": "Insufficient permissions: tags of this name are protected from deletion.",
    "detail": "",
    "headers": {}
  },
  "organization-not-found": {
    "status": 404,
    "code": "SVCSTG.SWR.4040058",
    "message": "The organization does not exist.",
    "detail": "",
    "headers": {}
  },
  "repository-not-found": {
    "status": 404,
    "code": "SVCSTG.SWR.4040113",
    "message": "The repository does not exist.",
    "detail": "",
    "headers": {}
  },
  "tag-not-found": {
    "status": 404,
    "code": "SVCSTG.SWR.4040115",
    "message": "The image tag does not exist.",
    "detail": "",
    "headers": {}
  },
  "throttled": {
    "status": 429,
    "code": "APIGW.0308",
    "message": "Too many requests: wait for the number of seconds in Retry-After, then try again.",
    "detail": "",
    "headers": {}
  },
  "storage-failure": {
    "status": 500,
    "code": "SVCSTG.SWR.5000049",
    "message": "Failed to delete the image: the storage did not complete the request. Try again later. If it keeps failing, give the operator the request ID.",
    "detail": "",
    "headers": {}
  },
  "authentication-unavailable": {
    "status": 500,
    "code": "SVCSTG.SWR.5000049",
    "message": "Failed to delete the image: the token could not be checked, because the identity service did not answer. The token may be valid. Nothing was changed. Try again later.",
    "detail": "",
    "headers": {}
  }
} as const;

export const gatewayErrors = {
  "api-not-found": {
    "status": 404,
    "code": "APIGW.0101",
    "message": "The API does not exist or has not been published in the environment.",
    "detail": "",
    "headers": {}
  },
  "method-not-allowed": {
    "status": 405,
    "code": "APIGW.0101",
    "message": "The API does not exist: this path does not support the request method.",
    "detail": "",
    "headers": {}
  },
  "malformed-request": {
    "status": 400,
    "code": "APIGW.0201",
    "message": "API request error: the request is malformed.",
    "detail": "",
    "headers": {}
  },
  "request-timeout": {
    "status": 408,
    "code": "APIGW.0201",
    "message": "API request error: the request did not arrive completely in time.",
    "detail": "",
    "headers": {}
  },
  "body-too-large": {
    "status": 413,
    "code": "APIGW.0201",
    "message": "API request error: the request body is too large; this operation takes none.",
    "detail": "",
    "headers": {}
  },
  "uri-too-long": {
    "status": 414,
    "code": "APIGW.0201",
    "message": "API request error: the request URI is too long.",
    "detail": "",
    "headers": {}
  },
  "expectation-failed": {
    "status": 417,
    "code": "APIGW.0201",
    "message": "API request error: the expectation in the Expect header cannot be met.",
    "detail": "",
    "headers": {}
  },
  "headers-too-large": {
    "status": 431,
    "code": "APIGW.0201",
    "message": "API request error: the request header fields are too large.",
    "detail": "",
    "headers": {}
  }
} as const;

export const sentAs = {
  "repository": {
    "character": "/",
    "sentAs": "$"
  }
} as const;

export const authToken = {
  "header": "X-Auth-Token",
  "maxLength": 8192
} as const;

export const requestSignature = {
  "maxClockSkewSeconds": 900
} as const;

export const requestId = {
  "pattern": "^[A-Za-z0-9._-]{1,128}$"
} as const;

// Deletes tags with the client that openapi-generator makes for Go. Arguments: the server, then a token and a tag for each
// call. Writes what came of each call, one JSON a line.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	openapi "github.com/GIT_USER_ID/GIT_REPO_ID"
)

func main() {
	configuration := openapi.NewConfiguration()
	configuration.Servers = openapi.ServerConfigurations{{URL: os.Args[1]}}
	client := openapi.NewAPIClient(configuration)
	for at := 2; at < len(os.Args); at += 2 {
		keys := map[string]openapi.APIKey{"AuthToken": {Key: os.Args[at]}}
		ctx := context.WithValue(context.Background(), openapi.ContextAPIKeys, keys)
		response, err := client.ImageTagsAPI.DeleteRepoTag(ctx, "group", "team$app", os.Args[at+1]).Execute()
		result := map[string]any{"status": response.StatusCode}
		var failure *openapi.GenericOpenAPIError
		if errors.As(err, &failure) {
			body := failure.Model().(openapi.Error)
			result["exception"] = fmt.Sprintf("%T", failure)[1:]
			result["code"], result["message"], result["requestId"] = body.ErrorCode, body.ErrorMsg, body.RequestId
		}
		_ = json.NewEncoder(os.Stdout).Encode(result)
	}
}

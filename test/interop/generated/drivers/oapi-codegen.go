// Deletes tags with the client that oapi-codegen makes. Arguments: the server, then a token and a tag for each call. Writes
// what came of each call, one JSON a line.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

func main() {
	client, err := NewClientWithResponses(os.Args[1])
	if err != nil {
		panic(err)
	}
	for at := 2; at < len(os.Args); at += 2 {
		authenticate := func(_ context.Context, request *http.Request) error {
			request.Header.Set("X-Auth-Token", os.Args[at])
			return nil
		}
		answer, err := client.DeleteRepoTagWithResponse(context.Background(), "group", "team$app", os.Args[at+1], authenticate)
		if err != nil {
			panic(err)
		}
		result := map[string]any{"status": answer.StatusCode()}
		for _, body := range []*Error{answer.JSON400, answer.JSON401, answer.JSON404} {
			if body != nil {
				result["exception"] = fmt.Sprintf("JSON%d", answer.StatusCode())
				result["code"], result["message"], result["requestId"] = body.ErrorCode, body.ErrorMsg, body.RequestId
			}
		}
		_ = json.NewEncoder(os.Stdout).Encode(result)
	}
}
